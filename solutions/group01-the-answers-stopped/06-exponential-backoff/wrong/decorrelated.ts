// cockatiel's default generator: decorrelated jitter, whose waits are not drawn evenly from nothing up to the limit.
import { setTimeout as sleep } from 'node:timers/promises';
import { decorrelatedJitterGenerator, type GeneratorFn } from 'cockatiel';
import type { CreateBackoff } from '#answerdesk/seams/backoff.ts';

type State = Parameters<typeof decorrelatedJitterGenerator>[0];

export const createBackoff: CreateBackoff = (_ports, { baseMs, capMs }) => {
  const generator: GeneratorFn<NonNullable<State>> = decorrelatedJitterGenerator;
  const options = { initialDelay: baseMs, maxDelay: capMs, exponent: 2, generator };

  return async ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    signal?.throwIfAborted();
    let [drawn, state] = generator(undefined, options);
    for (let n = 0; n < retry; n++) [drawn, state] = generator(state, options);
    if (Date.now() + floorMs + drawn > deadline) return false;
    await sleep(floorMs + drawn, undefined, { signal }).catch(() => signal?.throwIfAborted());
    return true;
  };
};
