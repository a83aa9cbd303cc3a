import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff =
  ({ random }, { baseMs, capMs }) =>
  async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    signal?.throwIfAborted();

    // The cap goes on before the draw. After it, every late wait would be the cap itself, for everybody.
    const limitMs = Math.min(capMs, baseMs * 2 ** retry);
    const waitMs = floorMs + random() * limitMs;

    // Not shortened to fit: that would make attempts come faster the nearer the deadline is.
    if (Date.now() + waitMs > deadline) return false;

    await sleep(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    return true;
  };
