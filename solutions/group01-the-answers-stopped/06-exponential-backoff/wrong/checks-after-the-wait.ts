// Looks at the deadline and at the asker only when the wait is over: both have waited for nothing.
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

export const createBackoff: CreateBackoff =
  ({ random }, { baseMs, capMs }) =>
  async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    const waitMs = floorMs + random() * Math.min(capMs, baseMs * 2 ** retry);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    signal?.throwIfAborted();
    return Date.now() <= deadline;
  };
