// Races the call against the clock and leaves it running: the provider works on for someone who has left.
import type { CreateDeadlines } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, deadline, call, limitMs = Infinity) {
    const startedAt = Date.now();
    const remainingMs = Math.max(0, Math.min(deadline.at - startedAt, limitMs));
    const signal = deadline.signal ?? new AbortController().signal;
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const afterMs = Date.now() - startedAt;
        emit({ type: 'HopTimedOut', data: { hop, afterMs } });
        reject(Object.assign(new Error(`${hop} timed out`), { name: 'TimeoutError', code: 'ETIMEDOUT', hop, afterMs }));
      }, remainingMs);
    });
    try {
      return await Promise.race([timedOut, call({ signal, remainingMs, deadline: { ...deadline } })]);
    } finally {
      clearTimeout(timer);
    }
  },

  limitFrom(latencies, acceptedFalseTimeouts) {
    const slowestFirst = latencies.toSorted((a, b) => b - a);
    return slowestFirst[Math.floor(latencies.length * acceptedFalseTimeouts)] ?? Infinity;
  },
});
