import type { Emit } from '../domain.ts';

/** When the caller stops waiting. Handed from hop to hop as it is: the remaining time shrinks, the deadline doesn't. */
export interface Deadline {
  /** On `Date.now()`'s clock. */
  at: number;
  /** The caller may also give up sooner. */
  signal?: AbortSignal;
}

export interface Hop {
  /** Aborts when the deadline passes or the caller gives up. */
  signal: AbortSignal;
  /** For the next hop. */
  deadline: Deadline;
  /** Left when this hop began, in milliseconds. */
  remainingMs: number;
}

export interface TimeoutEvent {
  type: 'HopTimedOut';
  data: { hop: string; afterMs: number };
}

/** Thrown on expiry: `name` is 'TimeoutError'. */
export interface HopTimeout extends Error {
  name: 'TimeoutError';
  code: 'ETIMEDOUT';
  hop: string;
  /** How long this hop had run. */
  afterMs: number;
}

export interface Deadlines {
  /** Runs one hop within the caller's deadline, and within `limitMs` where the hop has a limit of its own. */
  within: <T>(hop: string, deadline: Deadline, call: (hop: Hop) => Promise<T>, limitMs?: number) => Promise<T>;
  /** The limit for a hop from the latencies (ms) that it showed, so that at most this share of good calls is cut. */
  limitFrom: (latencies: readonly number[], acceptedFalseTimeouts: number) => number;
}

/** Kata 1.7. */
export type CreateDeadlines = (ports: { emit: Emit<TimeoutEvent> }) => Deadlines;
