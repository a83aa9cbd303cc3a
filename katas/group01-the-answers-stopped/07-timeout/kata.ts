import type { CreateDeadlines, HopTimeout } from '#answerdesk/seams/timeout.ts';

/** Longer than any hop has ever needed. */
const HOP_BUDGET_MS = 30_000;

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
  // TODO: a question is over when its caller stops waiting or gives up, however many hops it has passed through.
  async within(hop, deadline, call, limitMs = HOP_BUDGET_MS) {
    const { signal } = new AbortController();
    const startedAt = Date.now();
    let timer: NodeJS.Timeout | undefined;

    // TODO: when it is over, nobody goes on working for it, and nobody begins to.
    const timedOut = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const afterMs = Date.now() - startedAt;
        emit({ type: 'HopTimedOut', data: { hop, afterMs } });
        reject(new HopTimeoutError(hop, afterMs));
      }, limitMs);
    });

    try {
      return await Promise.race([call({ signal, deadline, remainingMs: limitMs }), timedOut]);
    } finally {
      clearTimeout(timer);
    }
  },

  // TODO: a limit cuts off no more good calls than was agreed, and waits hardly longer than that takes.
  limitFrom(latencies) {
    const total = latencies.reduce((sum, latency) => sum + latency, 0);
    return (2 * total) / latencies.length;
  },
});
