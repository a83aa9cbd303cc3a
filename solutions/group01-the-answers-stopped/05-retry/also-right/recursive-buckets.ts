// Closures and recursion; the budget in ten coarse buckets; one AggregateError at the end.
import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { CreateRetry, Operation, RetryPolicy } from '#answerdesk/seams/retry.ts';

const BUCKETS = 10;

function coarseBudget(policy: RetryPolicy) {
  const counts = new Map<number, { firsts: number; retries: number }>();
  const now = () => Math.floor(Date.now() / (policy.budgetWindowMs / BUCKETS));
  const bucket = () => {
    for (const key of counts.keys()) if (key <= now() - BUCKETS) counts.delete(key);
    const found = counts.get(now()) ?? { firsts: 0, retries: 0 };
    counts.set(now(), found);
    return found;
  };
  const sum = (of: 'firsts' | 'retries') => [...counts.values()].reduce((total, entry) => total + entry[of], 0);
  return {
    first: () => void bucket().firsts++,
    allows: () => {
      const current = bucket();
      const allowed = sum('retries') < Math.max(policy.budgetMinimum, Math.floor(policy.budgetRatio * sum('firsts')));
      if (allowed) current.retries++;
      return allowed;
    },
  };
}

function retryable({ idempotent }: Operation<unknown>, { status, code }: ProviderFailure): boolean {
  switch (status) {
    case 429:
      return true;
    case 408:
    case 500:
    case 502:
    case 503:
    case 504:
      return idempotent;
    case undefined:
      return idempotent && (code === 'ECONNRESET' || code === 'ETIMEDOUT');
    default:
      return false;
  }
}

function floor(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const inSeconds = Number.parseInt(header, 10);
  if (String(inSeconds) === header) return inSeconds * 1000;
  const date = new Date(header).getTime();
  return Number.isFinite(date) ? Math.max(0, date - Date.now()) : undefined;
}

export const createRetry: CreateRetry = ({ backoff, emit }, policy) => {
  const budget = coarseBudget(policy);

  const attempt = async <T>(operation: Operation<T>, number: number, errors: ProviderFailure[]): Promise<T> => {
    const { name, deadline, signal } = operation;
    let failure: ProviderFailure;
    try {
      return await operation.run(number);
    } catch (error) {
      failure = error as ProviderFailure;
    }
    if (!retryable(operation, failure)) throw failure;
    errors.push(failure);

    const tell = (type: 'RetryScheduled' | 'RetriesExhausted') =>
      emit({ type, data: { operation: name, attempt: number, reason: failure.message } });
    const inTime = deadline === undefined || Date.now() < deadline;
    if (number < policy.maxAttempts && inTime && budget.allows()) {
      tell('RetryScheduled');
      const floorMs = floor(failure.retryAfter);
      const wait = {
        retry: number - 1,
        ...(floorMs === undefined ? {} : { floorMs }),
        ...(deadline === undefined ? {} : { deadline }),
        ...(signal === undefined ? {} : { signal }),
      };
      if (await backoff(wait)) return attempt(operation, number + 1, errors);
    }
    tell('RetriesExhausted');
    throw Object.assign(new AggregateError(errors, `${name}: no more retries`, { cause: failure }), {
      code: 'RETRIES_EXHAUSTED',
    });
  };

  return (operation) => {
    budget.first();
    return attempt(operation, 1, []);
  };
};
