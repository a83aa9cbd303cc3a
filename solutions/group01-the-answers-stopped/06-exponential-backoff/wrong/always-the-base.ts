// A longer fixed wait and the provider's floor: fewer calls, and everybody still returns together.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff =
  (_ports, { baseMs }) =>
  async ({ floorMs = 0, deadline = Infinity, signal }) => {
    const waitMs = Math.max(baseMs, floorMs);
    if (Date.now() + waitMs > deadline) return false;
    return sleep(waitMs, true, { signal });
  };
