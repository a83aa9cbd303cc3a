// Waits in slices of a second and looks for an abort between them: an asker who leaves is noticed late.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff =
  ({ random }, { baseMs, capMs }) =>
  async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    let left = floorMs + random() * Math.min(capMs, baseMs * 2 ** retry);
    if (Date.now() + left > deadline) return false;
    for (; left > 0; left -= 1_000) {
      signal?.throwIfAborted();
      await sleep(Math.min(left, 1_000));
    }
    return true;
  };
