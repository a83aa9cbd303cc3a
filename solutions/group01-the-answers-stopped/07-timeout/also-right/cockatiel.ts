// cockatiel 3: an aggressive timeout linked to the caller's signal; its one error is told apart by who gave up.
import { TaskCancelledError, TimeoutStrategy, timeout } from 'cockatiel';
import type { CreateDeadlines, HopTimeout } from '#answerdesk/seams/timeout.ts';

export const createDeadlines: CreateDeadlines = ({ emit }) => ({
  async within(hop, caller, call, limitMs = Infinity) {
    const startedAt = Date.now();
    const at = Math.min(caller.at, startedAt + limitMs);
    const timedOut = (): HopTimeout => {
      const afterMs = Date.now() - startedAt;
      emit({ type: 'HopTimedOut', data: { hop, afterMs } });
      return Object.assign(new Error(`${hop} timed out`), {
        name: 'TimeoutError' as const,
        code: 'ETIMEDOUT' as const,
        hop,
        afterMs,
      });
    };
    if (caller.signal?.aborted) throw caller.signal.reason;
    if (at <= startedAt) throw timedOut();

    let cut = false;
    const policy = timeout(at - startedAt, TimeoutStrategy.Aggressive);
    policy.onTimeout(() => {
      cut = true;
    });
    try {
      return await policy.execute(
        ({ signal }) => call({ signal, deadline: { at, signal }, remainingMs: at - startedAt }),
        caller.signal,
      );
    } catch (error) {
      if (!cut && !(error instanceof TaskCancelledError)) throw error;
      throw caller.signal?.aborted ? caller.signal.reason : timedOut();
    }
  },

  limitFrom(latencies, accepted) {
    const slowestFirst = [...latencies].sort((a, b) => b - a);
    return slowestFirst[Math.floor(slowestFirst.length * accepted)] ?? 0;
  },
});
