import type { CreateDeadlines, HopTimeout } from '#answerdesk/seams/timeout.ts';

class HopTimeoutError extends Error implements HopTimeout {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';
  readonly hop: string;
  readonly afterMs: number;

  constructor(hop: string, afterMs: number) {
    super(`${hop} gave no result in ${afterMs} ms`);
    this.hop = hop;
    this.afterMs = afterMs;
  }
}

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, caller, call, limitMs = Infinity) {
    const startedAt = Date.now();
    const remainingMs = Math.min(caller.at - startedAt, limitMs);
    const timeOut = () => {
      const afterMs = Date.now() - startedAt;
      emit({ type: 'HopTimedOut', data: { hop, afterMs } });
      return new HopTimeoutError(hop, afterMs);
    };
    caller.signal?.throwIfAborted();
    if (remainingMs <= 0) throw timeOut();

    const stop = new AbortController();
    const { signal } = stop;
    // Listens before the call does: what the call throws on being aborted must not be taken for the reason.
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const giveUp = () => stop.abort(caller.signal?.reason);
    caller.signal?.addEventListener('abort', giveUp);
    const timer = setTimeout(() => stop.abort(timeOut()), remainingMs);

    try {
      // The call may ignore the signal, so it is raced as well; what it still says is then handled, and dropped.
      const deadline = { at: startedAt + remainingMs, signal };
      return await Promise.race([stopped, call({ signal, deadline, remainingMs })]);
    } finally {
      clearTimeout(timer);
      caller.signal?.removeEventListener('abort', giveUp);
    }
  },

  limitFrom(latencies, acceptedFalseTimeouts) {
    const slowestFirst = latencies.toSorted((a, b) => b - a);
    const mayBeCut = Math.floor(latencies.length * acceptedFalseTimeouts);
    return slowestFirst[mayBeCut] ?? Infinity;
  },
});
