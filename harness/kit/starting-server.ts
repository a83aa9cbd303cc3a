import { parentPort } from 'node:worker_threads';
import { holdTime, realTime } from './virtual-time.ts';

/** Even where a machine has more to do than it can, and the server's files are made for the first time. */
const MOST_MS = 45_000;

/**
 * Waits for a server that suites share and one of them has to start. Virtual time waits too, and a grader doesn't charge
 * the suite for it. Rejects where it takes too long, so that nobody hangs.
 */
export async function startingServer<T>(what: string, start: Promise<T>): Promise<T> {
  const hold = holdTime(() => `starting ${what}`, 2 * MOST_MS);
  tellGrader(true);
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = realTime.setTimeout(() => reject(new Error(`it didn't start within ${MOST_MS / 1000} s`)), MOST_MS);
  });
  try {
    return await Promise.race([start, tooLong]);
  } finally {
    realTime.clearTimeout(timer);
    tellGrader(false);
    hold.release();
  }
}

/** Where there is one, its heart beats in this thread. */
function tellGrader(starting: boolean): void {
  if (Symbol.for('kata-heartbeat') in globalThis) parentPort?.postMessage({ kataHeartbeat: true, starting });
}
