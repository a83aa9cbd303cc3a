// cockatiel for the loop, with no delay of its own: the wait and the budget come before each attempt but the first.
import { ConstantBackoff, handleWhen, retry as retryPolicy } from 'cockatiel';
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry, RetryPolicy } from '#answerdesk/seams/retry.ts';

class GiveUp extends Error {}

/** A token bucket: each first attempt pays in a share of a retry, and the minimum flows in over a window. */
function tokenBucket({ budgetRatio, budgetWindowMs, budgetMinimum }: RetryPolicy) {
  let tokens = budgetMinimum;
  let at = Date.now();
  const add = (more: number) => {
    const flowed = ((Date.now() - at) / budgetWindowMs) * budgetMinimum;
    at = Date.now();
    tokens = Math.min(2 * budgetMinimum, tokens + flowed + more);
  };
  return {
    payIn: () => add(budgetRatio),
    take: () => {
      add(0);
      if (tokens < 1 - 1e-9) return false;
      tokens--;
      return true;
    },
  };
}

export const createRetry: CreateRetry = ({ backoff, emit }, policy) => {
  const bucket = tokenBucket(policy);

  return async ({ name, idempotent, deadline, signal, run }) => {
    const errors: ProviderFailure[] = [];
    const passing = handleWhen((error) => {
      const { status = 0, code } = error as ProviderFailure;
      if (status === 429) return true;
      return idempotent && ([408, 500, 502, 503, 504].includes(status) || (status === 0 && code === 'ECONNRESET'));
    });
    const exhausted = () => {
      const cause = errors.at(-1) as ProviderFailure;
      emit({ type: 'RetriesExhausted', data: { operation: name, attempt: errors.length, reason: cause.message } });
      return Object.assign(new Error(`${name} failed ${errors.length} times`, { cause }), {
        code: 'RETRIES_EXHAUSTED',
        errors,
      });
    };
    const prepare = async (attempt: number) => {
      const { message: reason, retryAfter } = errors.at(-1) as ProviderFailure;
      if (!bucket.take()) throw new GiveUp();
      emit({ type: 'RetryScheduled', data: { operation: name, attempt, reason } });
      const asked = retryAfter && (Number(retryAfter) * 1000 || Date.parse(retryAfter) - Date.now());
      const wait = { retry: attempt - 1, ...(asked && { floorMs: Math.max(0, asked) }) };
      if (!(await backoff({ ...wait, ...(deadline && { deadline }), ...(signal && { signal }) }))) throw new GiveUp();
    };

    bucket.payIn();
    const retries = retryPolicy(passing, { maxAttempts: policy.maxAttempts - 1, backoff: new ConstantBackoff(0) });
    retries.onFailure(({ handled, reason }) => {
      if (handled && 'error' in reason) errors.push(reason.error as ProviderFailure);
    });
    let gaveUp = false;
    retries.onGiveUp(() => {
      gaveUp = true;
    });
    return retries
      .execute(async ({ attempt }) => {
        if (attempt > 0) await prepare(attempt);
        return run(attempt + 1);
      })
      .catch((error: Error) => {
        throw gaveUp || error instanceof GiveUp ? exhausted() : error;
      });
  };
};
