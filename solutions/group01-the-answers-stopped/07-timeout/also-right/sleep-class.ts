// A class; the time is a cancelled sleep of node:timers/promises, and the signal is aborted whenever the hop is over.
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateDeadlines, Deadline, Deadlines, Hop, HopTimeout, TimeoutEvent } from '#answerdesk/seams/timeout.ts';

class OutOfTime extends Error implements HopTimeout {
  override name = 'TimeoutError' as const;
  code = 'ETIMEDOUT' as const;
  hop: string;
  afterMs: number;
  constructor(hop: string, afterMs: number) {
    super(`out of time in ${hop}`);
    this.hop = hop;
    this.afterMs = afterMs;
  }
}

class Hops implements Deadlines {
  readonly #emit: (event: TimeoutEvent) => void;
  constructor(emit: (event: TimeoutEvent) => void) {
    this.#emit = emit;
  }

  async within<T>(name: string, caller: Deadline, call: (hop: Hop) => Promise<T>, limitMs?: number): Promise<T> {
    if (caller.signal?.aborted) throw caller.signal.reason;
    const began = performance.now();
    const now = Date.now();
    const at = limitMs === undefined ? caller.at : Math.min(caller.at, now + limitMs);
    if (at <= now) throw new OutOfTime(name, 0);

    const over = new AbortController();
    const leave = () => over.abort(caller.signal?.reason);
    caller.signal?.addEventListener('abort', leave, { once: true });
    const time = sleep(at - now, undefined, { signal: over.signal }).then(
      () => {
        const afterMs = performance.now() - began;
        this.#emit({ type: 'HopTimedOut', data: { hop: name, afterMs } });
        throw new OutOfTime(name, afterMs);
      },
      () => {
        throw over.signal.reason;
      },
    );
    try {
      const hop = { signal: over.signal, deadline: { at, signal: over.signal }, remainingMs: at - now };
      return await Promise.race([time, call(hop)]);
    } finally {
      over.abort(new OutOfTime(name, performance.now() - began));
      caller.signal?.removeEventListener('abort', leave);
    }
  }

  limitFrom(latencies: readonly number[], accepted: number): number {
    const slowest = latencies.toSorted((a, b) => a - b);
    for (let cut = 0; cut + 1 <= latencies.length * accepted; cut++) slowest.pop();
    return Math.ceil(slowest.at(-1) ?? 0);
  }
}

export const createDeadlines: CreateDeadlines = ({ emit }) => new Hops(emit);
