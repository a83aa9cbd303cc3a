// p-retry with its own waits: neither Retry-After nor the deadline is heard, there is no budget, and each layer starts again.
import pRetry from 'p-retry';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry } from '#answerdesk/seams/retry.ts';

export const createRetry: CreateRetry =
  ({ emit }, { maxAttempts }) =>
  ({ name, run }) =>
    pRetry(run, {
      retries: maxAttempts - 1,
      randomize: true,
      onFailedAttempt: ({ error, attemptNumber: attempt, retriesLeft }) => {
        const type = retriesLeft > 0 ? 'RetryScheduled' : 'RetriesExhausted';
        emit({ type, data: { operation: name, attempt, reason: error.message } });
      },
      shouldRetry: ({ error }) => [408, 429, 500, 502, 503, 504].includes((error as ProviderFailure).status ?? 0),
    });
