// Takes cockatiel's maxAttempts for the calls in all: it counts the retries, so that there is one call more. Its last error is thrown as it came.
import { ExponentialBackoff, fullJitterGenerator, handleWhen, retry as retryPolicy } from 'cockatiel';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry } from '#answerdesk/seams/retry.ts';

export const createRetry: CreateRetry = ({ emit }, { maxAttempts }) => {
  const policy = retryPolicy(
    handleWhen((error) => [408, 429, 500, 502, 503, 504].includes((error as ProviderFailure).status ?? 0)),
    { maxAttempts, backoff: new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: 1_000 }) },
  );

  return ({ name, signal, run }) =>
    policy.execute(({ attempt }) => {
      if (attempt > 0) emit({ type: 'RetryScheduled', data: { operation: name, attempt, reason: 'a call failed' } });
      return run(attempt + 1);
    }, signal);
};
