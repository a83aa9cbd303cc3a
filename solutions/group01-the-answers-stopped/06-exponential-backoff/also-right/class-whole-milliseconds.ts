// A class; whole milliseconds, doubled in a loop that stops at the cap; rejects with the AbortError of node:timers/promises.
import { setTimeout as pass } from 'node:timers/promises';
import type { BackoffPolicy, CreateBackoff, Wait } from '#answerdesk/seams/backoff.ts';

class JitteredBackoff {
  readonly #random: () => number;
  readonly #policy: BackoffPolicy;

  constructor(random: () => number, policy: BackoffPolicy) {
    this.#random = random;
    this.#policy = policy;
  }

  async wait({ retry, floorMs, deadline, signal }: Wait): Promise<boolean> {
    const ms = (floorMs ?? 0) + Math.floor(this.#random() * (this.#limit(retry) + 1));
    if (deadline !== undefined && deadline - Date.now() < ms) return false;
    return pass(ms, true, { signal });
  }

  #limit(retry: number): number {
    let limit = this.#policy.baseMs;
    for (let n = 0; n < retry && limit < this.#policy.capMs; n++) limit *= 2;
    return Math.min(limit, this.#policy.capMs);
  }
}

export const createBackoff: CreateBackoff = ({ random }, policy) => {
  const backoff = new JitteredBackoff(random, policy);
  return (wait) => backoff.wait(wait);
};
