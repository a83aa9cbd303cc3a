// p-timeout as it comes: it stops waiting, but nobody tells the call, and a hop without time left is begun.
import pTimeout, { TimeoutError } from 'p-timeout';
import type { CreateDeadlines } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, caller, call, limitMs = Infinity) {
    const startedAt = Date.now();
    const remainingMs = Math.max(1, Math.min(caller.at - startedAt, limitMs));
    const signal = caller.signal ?? new AbortController().signal;
    const deadline = { at: startedAt + remainingMs, signal };
    try {
      return await pTimeout(call({ signal, deadline, remainingMs }), { milliseconds: remainingMs, signal });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      const afterMs = Date.now() - startedAt;
      emit({ type: 'HopTimedOut', data: { hop, afterMs } });
      throw Object.assign(error, { code: 'ETIMEDOUT', hop, afterMs });
    }
  },

  limitFrom(latencies, acceptedFalseTimeouts) {
    const slowestFirst = latencies.toSorted((a, b) => b - a);
    return slowestFirst[Math.floor(latencies.length * acceptedFalseTimeouts)] ?? Infinity;
  },
});
