// Ten seconds for each hop: three hops add up to thirty, and the caller waits for ten.
import type { CreateDeadlines } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, caller, call, limitMs = 10_000) {
    const startedAt = Date.now();
    caller.signal?.throwIfAborted();
    const stop = new AbortController();
    const { signal } = stop;
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const giveUp = () => stop.abort(caller.signal?.reason);
    caller.signal?.addEventListener('abort', giveUp);
    const timer = setTimeout(() => {
      const afterMs = Date.now() - startedAt;
      emit({ type: 'HopTimedOut', data: { hop, afterMs } });
      stop.abort(
        Object.assign(new Error(`${hop} timed out`), { name: 'TimeoutError', code: 'ETIMEDOUT', hop, afterMs }),
      );
    }, limitMs);
    try {
      const deadline = { at: startedAt + limitMs, ...(caller.signal && { signal: caller.signal }) };
      return await Promise.race([stopped, call({ signal, deadline, remainingMs: limitMs })]);
    } finally {
      clearTimeout(timer);
      caller.signal?.removeEventListener('abort', giveUp);
    }
  },

  limitFrom(latencies, acceptedFalseTimeouts) {
    const slowestFirst = latencies.toSorted((a, b) => b - a);
    return slowestFirst[Math.floor(latencies.length * acceptedFalseTimeouts)] ?? Infinity;
  },
});
