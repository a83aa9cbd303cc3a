import { decideAll } from '../../progress/decide.ts';
import { evolve } from '../../progress/evolve.ts';
import { leftBehind } from '../../progress/outbox.ts';
import { nobody, type Standing } from '../../progress/standing.ts';
import { isKept, lastKnownStanding, openLearning, outboxFolder, reasonOf } from './learning.ts';

/** Where a learner stands, as well as it can be known. */
export interface Known {
  standing: Standing;
  /** What the store reported on opening. */
  notices: readonly string[];
  /** Why the store could not be read; then the standing is the last one that was, with what waits in the outbox. */
  unread?: string;
}

export async function knownStanding(root: string, env: NodeJS.ProcessEnv = process.env): Promise<Known> {
  if (!isKept(env)) return { standing: nobody, notices: ['Progress is not kept: KATA_PROGRESS is off.'] };
  try {
    const { journal, store, close } = await openLearning(root, env);
    const { standing } = journal;
    const { notices } = store;
    await close();
    return { standing, notices };
  } catch (error) {
    const waiting = leftBehind(outboxFolder(root)).flatMap(({ commands }) => commands);
    const known = lastKnownStanding(root);
    return { standing: decideAll(known, waiting).reduce(evolve, known), notices: [], unread: reasonOf(error) };
  }
}
