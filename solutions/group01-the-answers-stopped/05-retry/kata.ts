import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry, RetriesExhausted, RetryPolicy } from '#answerdesk/seams/retry.ts';

const MAY_PASS = new Set([408, 429, 500, 502, 503, 504]);

// No status of its own: a 503 in here would be retried again by every layer outside.
class RetriesExhaustedError extends Error implements RetriesExhausted {
  readonly code = 'RETRIES_EXHAUSTED';
  override readonly cause: ProviderFailure;
  readonly errors: ProviderFailure[];

  constructor(operation: string, errors: ProviderFailure[], last: ProviderFailure) {
    super(`${operation}: gave up after ${errors.length} attempts (${last.message})`);
    this.cause = last;
    this.errors = errors;
  }
}

/** Retries of the last window, held against the first attempts of the same window. */
class RetryBudget {
  #firsts: number[] = [];
  #retries: number[] = [];
  readonly #policy: RetryPolicy;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  noteFirst(): void {
    this.#firsts = [...this.#inWindow(this.#firsts), Date.now()];
  }

  take(): boolean {
    this.#retries = this.#inWindow(this.#retries);
    const { budgetRatio, budgetMinimum } = this.#policy;
    const allowed = Math.max(budgetMinimum, budgetRatio * this.#inWindow(this.#firsts).length);
    if (this.#retries.length + 1 > allowed) return false;
    this.#retries.push(Date.now());
    return true;
  }

  #inWindow(times: number[]): number[] {
    const since = Date.now() - this.#policy.budgetWindowMs;
    return times.filter((at) => at > since);
  }
}

function isWorthARetry({ status, code }: ProviderFailure, idempotent: boolean): boolean {
  if (status === 429) return true; // turned away before anything was done
  if (!idempotent) return false;
  return status === undefined ? code === 'ECONNRESET' : MAY_PASS.has(status);
}

/** Milliseconds that the provider asked for, be it in seconds or as an HTTP date. Nonsense asks for nothing. */
function floorOf({ retryAfter = '' }: ProviderFailure): { floorMs?: number } {
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return ms > 0 ? { floorMs: ms } : {};
}

export const createRetry: CreateRetry = ({ backoff, emit }, policy) => {
  const budget = new RetryBudget(policy);

  return async ({ name, idempotent, deadline, signal, run }) => {
    const until = { ...(deadline !== undefined && { deadline }), ...(signal && { signal }) };
    const errors: ProviderFailure[] = [];
    budget.noteFirst();

    for (let attempt = 1; ; attempt++) {
      try {
        return await run(attempt);
      } catch (error) {
        const failure = error as ProviderFailure;
        if (!isWorthARetry(failure, idempotent)) throw failure;
        errors.push(failure);

        const giveUp = (reason: string) => {
          emit({ type: 'RetriesExhausted', data: { operation: name, attempt, reason } });
          return new RetriesExhaustedError(name, errors, failure);
        };
        if (attempt >= policy.maxAttempts) throw giveUp('no attempt left');
        if (!budget.take()) throw giveUp('no budget left');
        emit({ type: 'RetryScheduled', data: { operation: name, attempt, reason: failure.message } });
        if (!(await backoff({ retry: attempt - 1, ...floorOf(failure), ...until }))) throw giveUp('no time left');
      }
    }
  };
};
