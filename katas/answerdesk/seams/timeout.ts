import type { Emit } from '../domain.ts';

/** When the caller stops waiting. Handed from hop to hop as it is: the remaining time shrinks, the deadline doesn't. */
export interface Deadline {
  /** On `Date.now()`'s clock. */
  at: number;
  /** The caller may also give up sooner. */
  signal?: AbortSignal;
}

export interface Hop {
  /** Aborts when the hop's time is up or the caller gives up. */
  signal: AbortSignal;
  /** For the next hop: never later than the caller's, nor than this hop's own limit. */
  deadline: Deadline;
  /** Left when this hop began, in milliseconds: until the caller's deadline or the hop's own limit, whichever is first. */
  remainingMs: number;
}

/** Emitted once by a hop whose time is up, not by one whose caller gave up. */
export interface TimeoutEvent {
  type: 'HopTimedOut';
  data: { hop: string; afterMs: number };
}

/** Thrown on expiry: `name` is 'TimeoutError'. */
export interface HopTimeout extends Error {
  name: 'TimeoutError';
  code: 'ETIMEDOUT';
  hop: string;
  /** How long this hop had run, in milliseconds; 0 where it wasn't begun. */
  afterMs: number;
}

export interface Deadlines {
  /**
   * Runs one hop within the caller's deadline, and within `limitMs` where the hop has a limit of its own. Rejects with a
   * `HopTimeout` when the time is up, with the signal's reason when the caller gave up, and with the call's own error
   * as it came.
   */
  within: <T>(hop: string, deadline: Deadline, call: (hop: Hop) => Promise<T>, limitMs?: number) => Promise<T>;
  /**
   * The limit (ms) for a hop from the latencies (ms, at least one, in any order) of good calls: of these, at most the
   * share `acceptedFalseTimeouts` (above 0, below 1) took longer.
   */
  limitFrom: (latencies: readonly number[], acceptedFalseTimeouts: number) => number;
}

/** Kata 1.7. */
export type CreateDeadlines = (ports: { emit: Emit<TimeoutEvent> }) => Deadlines;
