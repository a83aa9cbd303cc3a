// p-timeout 7 keeps the time and hears the caller; stopping the call is ours: the library only stops waiting for it.
import pTimeout, { TimeoutError } from 'p-timeout';
import type { CreateDeadlines, HopTimeout } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  within: async (hop, caller, call, limitMs) => {
    const startedAt = Date.now();
    const milliseconds = Math.min(caller.at - startedAt, limitMs ?? Number.POSITIVE_INFINITY);
    const timedOut = (): HopTimeout => {
      const afterMs = Date.now() - startedAt;
      emit({ type: 'HopTimedOut', data: { hop, afterMs } });
      return Object.assign(new TimeoutError(`${hop} took longer than ${afterMs} ms`), {
        name: 'TimeoutError' as const,
        code: 'ETIMEDOUT' as const,
        hop,
        afterMs,
      });
    };
    caller.signal?.throwIfAborted();
    if (milliseconds <= 0) throw timedOut();

    const stop = new AbortController();
    const { signal } = stop;
    const expired = new TimeoutError();
    const deadline = { at: startedAt + milliseconds, signal };
    try {
      return await pTimeout(call({ signal, remainingMs: milliseconds, deadline }), {
        milliseconds,
        message: expired,
        ...(caller.signal && { signal: caller.signal }),
      });
    } catch (error) {
      const reason = error === expired ? timedOut() : error;
      stop.abort(reason);
      throw reason;
    }
  },

  limitFrom: (latencies, share) => {
    const sorted = Float64Array.from(latencies).sort();
    return sorted[Math.ceil(sorted.length * (1 - share) - 1e-9) - 1] as number;
  },
});
