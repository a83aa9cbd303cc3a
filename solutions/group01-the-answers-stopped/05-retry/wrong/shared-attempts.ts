// One count of attempts for all the operations of a client: two that fail side by side use up each other's attempts.
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry } from '#answerdesk/seams/retry.ts';

export const createRetry: CreateRetry = ({ backoff, emit }, { maxAttempts }) => {
  let attempt = 1;

  return async ({ name, idempotent, deadline, signal, run }) => {
    const errors: ProviderFailure[] = [];
    attempt = 1;
    for (;;) {
      try {
        return await run(attempt);
      } catch (error) {
        const failure = error as ProviderFailure;
        const { status, retryAfter = '0', message: reason } = failure;
        if (status !== 429 && !(idempotent && [408, 500, 502, 503, 504].includes(status ?? 503))) throw failure;
        errors.push(failure);
        const until = { ...(deadline !== undefined && { deadline }), ...(signal && { signal }) };
        const wait = { retry: attempt - 1, floorMs: Number(retryAfter) * 1_000 || 0, ...until };
        const goOn = attempt++ < maxAttempts && (await backoff(wait));
        emit({ type: goOn ? 'RetryScheduled' : 'RetriesExhausted', data: { operation: name, attempt, reason } });
        if (!goOn)
          throw Object.assign(new Error(`${name} failed`, { cause: failure }), { code: 'RETRIES_EXHAUSTED', errors });
      }
    }
  };
};
