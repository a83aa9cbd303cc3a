// Counts the retries itself, one count for all the questions of a client: a new question waits as long as an old one.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff = ({ random }, { baseMs, capMs }) => {
  let limitMs = baseMs;

  return async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    signal?.throwIfAborted();
    limitMs = retry === 0 ? baseMs : Math.min(capMs, limitMs * 2);
    const waitMs = floorMs + random() * limitMs;
    if (Date.now() + waitMs > deadline) return false;
    await sleep(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    return true;
  };
};
