import type { Emit, ProviderFailure } from '../domain.ts';
import type { Backoff } from './backoff.ts';

export interface RetryPolicy {
  /** Calls in all, the first included; at least 2. */
  maxAttempts: number;
  /** Retries may be this share of the first attempts of the last `budgetWindowMs` … */
  budgetRatio: number;
  budgetWindowMs: number;
  /** … but this many in a window are always allowed. */
  budgetMinimum: number;
}

export interface Operation<T> {
  name: string;
  /** Doing it twice is as good as once. Otherwise it is repeated only when it surely wasn't done (429). */
  idempotent: boolean;
  /** `Date.now()` after which nobody waits for the result. */
  deadline?: number;
  signal?: AbortSignal;
  /** `attempt` counts from 1. */
  run: (attempt: number) => Promise<T>;
}

export interface RetryEvent {
  type: 'RetryScheduled' | 'RetriesExhausted';
  /** `attempt` is the one that has just failed. */
  data: { operation: string; attempt: number; reason: string };
}

export interface RetryPorts {
  /** How to wait before a retry (kata 1.6 in the system). */
  backoff: Backoff;
  emit: Emit<RetryEvent>;
}

/**
 * What is thrown when a failure was worth a retry and there is none left: no attempt, no budget or no time. It has no
 * `status`, so that a layer further out doesn't take it for the provider's own answer. `cause` is the last failure,
 * `errors` are all of them in order.
 */
export interface RetriesExhausted extends Error {
  code: 'RETRIES_EXHAUSTED';
  cause: ProviderFailure;
  errors: ProviderFailure[];
}

export type Retry = <T>(operation: Operation<T>) => Promise<T>;

/** Kata 1.5. One budget for all operations of a `Retry`. A failure that must not be retried is thrown as it came. */
export type CreateRetry = (ports: RetryPorts, policy: RetryPolicy) => Retry;
