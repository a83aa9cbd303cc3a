import { playApps } from '#answerdesk/simulation/submitting-apps/apps-world.ts';
import { gate } from '#kit/gate.ts';
import { openDatabase } from '#kit/sql/database.ts';
import { schemaOf } from '#kit/sql/schema-of.ts';
import * as idempotentCommand from './01-idempotent-command/kata.ts';
import { createDeduplication } from './02-request-deduplication/kata.ts';
import { createHashing } from './03-content-hashing/kata.ts';
import * as singleton from './04-singleton/kata.ts';
import { createCommandBus } from './05-command/kata.ts';
import { objectives } from './incident/objectives.ts';
import { BEGINS, morning, RECORDED_SEED } from './incident/script.ts';

const { createIdempotency } = idempotentCommand;
const { createSingletons } = singleton;
const seams = { createIdempotency, createDeduplication, createHashing, createSingletons, createCommandBus };
const schema = schemaOf(idempotentCommand, singleton);

gate(
  objectives,
  RECORDED_SEED,
  (seed, { clock, history }) => {
    const { sql } = openDatabase({ schema }).connect({ name: 'answerdesk' });
    return playApps(morning(seed), seams, sql, clock, history);
  },
  { startAt: BEGINS },
);
