import type { StateSeams } from '#answerdesk/instance.ts';
import { playDeploy } from '#answerdesk/simulation/deploying/deploy-world.ts';
import { gate } from '#kit/gate.ts';
import { openDatabase } from '#kit/sql/database.ts';
import { schemaOf } from '#kit/sql/schema-of.ts';
import { inAnotherProcess } from '#kit/suite.ts';
import { objectives } from './incident/objectives.ts';
import { BEGINS, night, RECORDED_SEED } from './incident/script.ts';

const answers = () =>
  Promise.all([
    import('./01-stateless-service/kata.ts'),
    import('./02-externalized-state/kata.ts'),
    import('./03-entity-decomposition/kata.ts'),
    import('./04-canonical-data-model/kata.ts'),
    import('./05-versioned-data/kata.ts'),
    import('./06-append-only-audit-log/kata.ts'),
    import('./07-replay-reprocessing/kata.ts'),
    import('./08-memento/kata.ts'),
    import('./09-soft-delete/kata.ts'),
  ]);

/** All nine, as a process loads them that has just begun. */
const load = (): Promise<StateSeams> =>
  inAnotherProcess(async () => Object.assign({}, ...(await answers())) as StateSeams);

gate(
  objectives,
  RECORDED_SEED,
  async (seed, { clock, history }) => {
    const database = openDatabase({ schema: schemaOf(...(await answers())) });
    await playDeploy(night(seed), load, database, clock, history);
  },
  { startAt: BEGINS, turns: 1 },
);
