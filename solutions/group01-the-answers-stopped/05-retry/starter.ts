import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry } from '#answerdesk/seams/retry.ts';

export const createRetry: CreateRetry = ({ emit }, { maxAttempts }) => {
  // TODO: when much fails, retries stay a small share of the calls, and a lone failure still gets its retry.
  return async ({ name, run }) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run(attempt);
      } catch (error) {
        const failure = error as ProviderFailure;
        const data = { operation: name, attempt, reason: failure.message };

        // TODO: only what may pass is tried again, and nothing is done twice that must be done once.
        if (attempt >= maxAttempts) {
          emit({ type: 'RetriesExhausted', data });
          // TODO: a layer further out doesn't begin all over again, and whoever looks into it sees every failure.
          throw failure;
        }
        // TODO: the provider gets time before the next attempt, what it asks for at the least.
        // TODO: nothing is tried again for somebody who has stopped waiting.
        emit({ type: 'RetryScheduled', data });
      }
    }
  };
};
