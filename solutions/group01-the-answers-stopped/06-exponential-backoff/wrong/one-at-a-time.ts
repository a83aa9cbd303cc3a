// Waits one after another, in a queue for the whole client: the second asker's wait begins when the first one's is over.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff = ({ random }, { baseMs, capMs }) => {
  let queue: Promise<unknown> = Promise.resolve();

  return async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    signal?.throwIfAborted();
    const waitMs = floorMs + random() * Math.min(capMs, baseMs * 2 ** retry);
    if (Date.now() + waitMs > deadline) return false;

    const over = queue.then(() => sleep(waitMs, true, { signal }));
    queue = over.catch(() => {});
    return over;
  };
};
