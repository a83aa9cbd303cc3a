// Throws the signal's own reason: "aborted due to timeout" says neither which hop it was nor how long it had run.
import type { CreateDeadlines } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, caller, call, limitMs = 86_400_000) {
    const startedAt = Date.now();
    const remainingMs = Math.max(0, Math.min(caller.at - startedAt, limitMs));
    const timeIsUp = AbortSignal.timeout(remainingMs);
    const signal = caller.signal ? AbortSignal.any([timeIsUp, caller.signal]) : timeIsUp;
    signal.throwIfAborted();
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const deadline = { at: startedAt + remainingMs, signal };
    try {
      return await Promise.race([stopped, call({ signal, deadline, remainingMs })]);
    } catch (error) {
      if (error === timeIsUp.reason) emit({ type: 'HopTimedOut', data: { hop, afterMs: Date.now() - startedAt } });
      throw error;
    }
  },

  limitFrom(latencies, acceptedFalseTimeouts) {
    const slowestFirst = latencies.toSorted((a, b) => b - a);
    return slowestFirst[Math.floor(latencies.length * acceptedFalseTimeouts)] ?? Infinity;
  },
});
