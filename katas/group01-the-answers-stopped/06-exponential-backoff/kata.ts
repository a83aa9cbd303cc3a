import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

/** Long enough for a blip to pass, short enough that no asker notices. */
const PAUSE_MS = 100;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export const createBackoff: CreateBackoff = (_ports, policy) => {
  const pauseMs = Math.min(PAUSE_MS, policy.capMs);

  // TODO: a provider in trouble sees us less often the longer the trouble lasts.
  // TODO: clients that failed at the same instant don't return at the same instant.
  // TODO: a provider that says when to return doesn't see us before, nor all of us then.
  // TODO: an asker with a deadline is told at once when there is no time for another attempt.
  return async ({ signal }) => {
    signal?.throwIfAborted();
    await sleep(pauseMs);
    // TODO: an asker who leaves ends the wait.
    signal?.throwIfAborted();
    return true;
  };
};
