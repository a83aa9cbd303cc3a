import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { learnerIn } from '../../progress/identity.ts';
import { type CheckpointPlace, Journal, type Learner } from '../../progress/journal.ts';
import type { LearningCommand } from '../../progress/learning-commands.ts';
import type { LearningStore } from '../../progress/learning-store.ts';
import { leftBehind } from '../../progress/outbox.ts';
import { readCheckpoint, standingProjection } from '../../progress/projection.ts';
import { nobody, type Standing } from '../../progress/standing.ts';

/** A learner's journal over an open store. */
export interface Learning {
  journal: Journal;
  store: LearningStore;
  learner: Learner;
  /** False: the store goes with this command, so what waits in the outbox stays there. */
  lasting: boolean;
  /** Which store it is: 'embedded', or a connection string without its password. */
  place: string;
  close(): Promise<void>;
}

/** An append takes no more than this many commands, or it grows beyond what a store takes at once. */
const AT_ONCE = 64;

export const kataFolder = (root: string): string => join(root, '.kata');
export const outboxFolder = (root: string): string => join(root, '.kata', 'outbox');

export const isKept = (env: Readonly<Record<string, string | undefined>>): boolean => env['KATA_PROGRESS'] !== 'off';

/**
 * Opens the store, and puts into it what processes that are gone have left behind. The client is loaded only here.
 * Rejects with a one-line reason where the store can't be had.
 */
export async function openLearning(root: string, env: NodeJS.ProcessEnv): Promise<Learning> {
  const learner = learnerIn(join(kataFolder(root), 'learner.json'), env);
  const [{ openStore }, { storeConfig, withoutPassword }] = await Promise.all([
    import('../../store/open-store.ts'),
    import('../../store/store-config.ts'),
  ]);
  const config = storeConfig({ folder: join(kataFolder(root), 'store'), env });
  const store: LearningStore = await openStore(config);
  const lasting = config.kind !== 'container';
  try {
    const journal = await Journal.open(store, learner, checkpointIn(root, lasting));
    for (const { file, commands } of leftBehind(outboxFolder(root))) {
      await keepAll(journal, commands);
      if (lasting) rmSync(file, { force: true });
    }
    const place = config.kind === 'url' ? withoutPassword(config.url) : config.kind;
    return { journal, store, learner, lasting, place, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export async function keepAll(journal: Journal, commands: readonly LearningCommand[]): Promise<void> {
  for (let from = 0; from < commands.length; from += AT_ONCE) await journal.keep(commands.slice(from, from + AT_ONCE));
}

/** Where a learner stood when the store was last read, without the store. */
export function lastKnownStanding(root: string): Standing {
  const kept = readCheckpoint(standingProjection, checkpointIn(root, true).read() ?? '');
  return kept?.state ?? nobody;
}

/** A checkpoint saves reading, no more: one that can't be written or read is done without. */
function checkpointIn(root: string, lasting: boolean): CheckpointPlace {
  const file = join(kataFolder(root), 'checkpoints', 'standing.json');
  if (!lasting) return { read: () => undefined, write: () => {} };
  return {
    read: () => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
    write: (text) => {
      try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(`${file}.${process.pid}`, text);
        renameSync(`${file}.${process.pid}`, file);
      } catch {
        rmSync(`${file}.${process.pid}`, { force: true });
      }
    },
  };
}

/** Why something failed, in one line without its last full stop. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return text.replace(/\.$/, '');
}
