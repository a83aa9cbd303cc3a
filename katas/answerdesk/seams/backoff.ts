/** Times in milliseconds. Wait n (from 0) is drawn from [0, min(capMs, baseMs · 2ⁿ)]. */
export interface BackoffPolicy {
  baseMs: number;
  capMs: number;
}

export interface Wait {
  /** 0 before the first retry, 1 before the second, and so on; it may be large. */
  retry: number;
  /** What `Retry-After` asked for: never come back sooner. The drawn wait comes on top, so that not all come together. */
  floorMs?: number;
  /** `Date.now()` by which the caller wants an answer; no wait ends past it. */
  deadline?: number;
  signal?: AbortSignal;
}

/**
 * Resolves true after the wait; false, at once, where the wait would end past the deadline (then there is no retry).
 * Rejects as soon as the signal aborts, with its reason or with an error that has the reason as `cause`.
 */
export type Backoff = (wait: Wait) => Promise<boolean>;

/** Kata 1.6. One `Backoff` per client, for all its questions at once; `random` gives numbers in [0, 1). */
export type CreateBackoff = (ports: { random: () => number }, policy: BackoffPolicy) => Backoff;
