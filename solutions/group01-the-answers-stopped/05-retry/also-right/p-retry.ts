// p-retry for the loop and the attempts; what is worth a retry, the budget and the wait are its `shouldRetry`.
import pRetry from 'p-retry';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry } from '#answerdesk/seams/retry.ts';

const TRANSIENT = [408, 429, 500, 502, 503, 504];

const milliseconds = (retryAfter: string) => {
  const asked = Number.isNaN(Number(retryAfter)) ? Date.parse(retryAfter) - Date.now() : Number(retryAfter) * 1000;
  return Number.isNaN(asked) ? 0 : Math.max(asked, 0);
};

export const createRetry: CreateRetry = ({ backoff, emit }, policy) => {
  let log: { at: number; kind: 'first' | 'retry' }[] = [];
  const count = (kind: string) => log.filter((entry) => entry.kind === kind).length;

  return async ({ name, idempotent, deadline, signal, run }) => {
    const errors: ProviderFailure[] = [];
    const transient = ({ status, code }: ProviderFailure) =>
      status === 429 || (idempotent && (status ? TRANSIENT.includes(status) : code === 'ECONNRESET'));
    log.push({ at: Date.now(), kind: 'first' });

    try {
      return await pRetry(run, {
        retries: policy.maxAttempts - 1,
        minTimeout: 0,
        ...(signal && { signal }),
        onFailedAttempt: ({ error }) => void errors.push(error),
        shouldRetry: ({ error, retriesConsumed: retry }) => {
          const failure: ProviderFailure = error;
          log = log.filter(({ at }) => at > Date.now() - policy.budgetWindowMs);
          const allowed = policy.budgetMinimum + policy.budgetRatio * count('first');
          if (!transient(failure) || count('retry') >= allowed) return false;
          log.push({ at: Date.now(), kind: 'retry' });
          emit({ type: 'RetryScheduled', data: { operation: name, attempt: retry + 1, reason: error.message } });
          return backoff({
            retry,
            floorMs: milliseconds(failure.retryAfter ?? '0'),
            ...(deadline && { deadline }),
            ...(signal && { signal }),
          });
        },
      });
    } catch (error) {
      const cause = error as ProviderFailure;
      if (!transient(cause)) throw cause;
      emit({ type: 'RetriesExhausted', data: { operation: name, attempt: errors.length, reason: cause.message } });
      throw Object.assign(new AggregateError(errors, `${name} failed`, { cause }), { code: 'RETRIES_EXHAUSTED' });
    }
  };
};
