// Takes whatever is called TimeoutError for its own: a pool's failure and a hop's below get this hop's name and time.
import type { CreateDeadlines } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, caller, call, limitMs = 86_400_000) {
    const startedAt = Date.now();
    const remainingMs = Math.max(0, Math.min(caller.at - startedAt, limitMs));
    caller.signal?.throwIfAborted();
    const signal = AbortSignal.any([AbortSignal.timeout(remainingMs), ...(caller.signal ? [caller.signal] : [])]);
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    try {
      if (remainingMs === 0) throw new DOMException('no time left', 'TimeoutError');
      const deadline = { at: startedAt + remainingMs, signal };
      return await Promise.race([stopped, call({ signal, deadline, remainingMs })]);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
      const afterMs = Date.now() - startedAt;
      emit({ type: 'HopTimedOut', data: { hop, afterMs } });
      throw Object.assign(new Error(`${hop} timed out`), { name: 'TimeoutError', code: 'ETIMEDOUT', hop, afterMs });
    }
  },

  limitFrom(latencies, acceptedFalseTimeouts) {
    const slowestFirst = latencies.toSorted((a, b) => b - a);
    return slowestFirst[Math.floor(latencies.length * acceptedFalseTimeouts)] ?? Infinity;
  },
});
