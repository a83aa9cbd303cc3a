// Signals only: AbortSignal.timeout for the time, AbortSignal.any with the caller's, and one listener that ends the wait.
import type { CreateDeadlines, Deadline, Hop, HopTimeout } from '#answerdesk/seams/timeout.ts';

const hopTimeout = (hop: string, afterMs: number): HopTimeout =>
  Object.assign(new Error(`${hop}: no result after ${afterMs} ms`), {
    name: 'TimeoutError' as const,
    code: 'ETIMEDOUT' as const,
    hop,
    afterMs,
  });

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  within<T>(hop: string, caller: Deadline, call: (hop: Hop) => Promise<T>, limitMs?: number) {
    return new Promise<T>((resolve, reject) => {
      if (caller.signal?.aborted) return reject(caller.signal.reason);
      const startedAt = Date.now();
      const remainingMs = Math.min(caller.at - startedAt, limitMs ?? Number.MAX_SAFE_INTEGER);
      if (remainingMs <= 0) return reject(hopTimeout(hop, 0));

      const timeIsUp = AbortSignal.timeout(remainingMs);
      const signal = caller.signal ? AbortSignal.any([timeIsUp, caller.signal]) : timeIsUp;
      const onAbort = () => {
        if (signal.reason !== timeIsUp.reason) return reject(signal.reason);
        const afterMs = Date.now() - startedAt;
        emit({ type: 'HopTimedOut', data: { hop, afterMs } });
        reject(hopTimeout(hop, afterMs));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      call({ signal, remainingMs, deadline: { at: startedAt + remainingMs, signal } })
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort));
    });
  },

  limitFrom(latencies, share) {
    const sorted = [...latencies].sort((a, b) => a - b);
    // Nearest rank; the rounding keeps 0.97 * 300 from becoming 290.99999999999994.
    const rank = Math.ceil(Number((sorted.length * (1 - share)).toFixed(6)));
    return sorted[rank - 1] ?? 0;
  },
});
