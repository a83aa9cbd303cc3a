import { randomBytes } from 'node:crypto';
import { listenForLeashes } from '../../kernel/shared-server/leash.ts';
import { releaseLock, takeLock } from '../../kernel/shared-server/owner-lock.ts';
import { findBinaries } from './binaries.ts';
import { copyOfCluster, removeRuns } from './cluster.ts';
import { type RunningPostgres, startPostgres } from './process.ts';
import { serverUser } from './server-user.ts';

export interface ServeOptions {
  /** On 127.0.0.1, where there are no Unix sockets; 0 takes a free one. */
  port: number;
  /** The number of the folder's newest lock, whose owner is gone (0: there was none). */
  previous: number;
  /** How long Postgres goes on when nobody holds it any more. */
  lingerMs?: number;
  onStopped: () => void;
}

export interface Served {
  port: number;
  stop: () => Promise<void>;
}

const PATIENCE_MS = 5_000;
/** A learner saves again, the next suite begins: starting anew would cost each of them. */
const LINGER_MS = 20_000;

/**
 * Serves one Postgres, on a copy of an empty cluster, to all who hold a leash; stops it and removes the copy when the
 * last has gone. Undefined: another process serves the folder.
 */
export async function serve(folder: string, options: ServeOptions): Promise<Served | undefined> {
  const { previous, lingerMs = LINGER_MS, onStopped } = options;
  const token = randomBytes(16).toString('hex');
  let stop: () => Promise<void> = async () => {};
  const leashes = await listenForLeashes(token, { patience: PATIENCE_MS, linger: lingerMs }, () => {
    void stop();
    return true;
  });
  const lock = takeLock(folder, previous, { port: leashes.port, token });
  if (lock === undefined) {
    leashes.close();
    return undefined;
  }
  const giveUp = () => {
    releaseLock(folder, lock);
    leashes.close();
  };
  let postgres: RunningPostgres | undefined;
  try {
    const user = serverUser();
    const binaries = await findBinaries(folder, user);
    removeRuns(folder);
    const run = await copyOfCluster(folder, lock.number, binaries, user);
    postgres = await startPostgres({ ...run, binaries, user, port: options.port });
  } catch (error) {
    giveUp();
    throw error;
  }
  const running = postgres;
  let stopping: Promise<void> | undefined;
  stop = () => {
    stopping ??= (async () => {
      giveUp();
      await running.stop();
      removeRuns(folder, lock.number);
      onStopped();
    })();
    return stopping;
  };
  void running.ended.then(stop);
  leashes.open(running.port);
  return { port: running.port, stop };
}
