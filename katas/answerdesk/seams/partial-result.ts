import type { Emit } from '../domain.ts';

export interface Part<T> {
  name: string;
  /** Without it there is no result at all. */
  required: boolean;
  /**
   * Where it comes to `null` or `undefined` the source had nothing. The signal aborts once nobody will use the part any
   * more; a part that is merely late will be used.
   */
  load: (signal: AbortSignal) => Promise<T>;
}

export type PartResult<T> =
  | { name: string; status: 'complete'; value: T }
  | { name: string; status: 'late' }
  | { name: string; status: 'empty' }
  | { name: string; status: 'failed'; reason: string };

export interface Gathered<T> {
  /** In the order in which they were asked for. */
  parts: PartResult<T>[];
  /** Complete parts as a share of all, 0–1; 1 where none were asked for. */
  completeness: number;
}

export interface PartEvent {
  /** `PartMissed`: a result was given in which the part isn't complete. */
  type: 'PartMissed' | 'PartDeliveredLate';
  data: { part: string };
}

export interface GatherPorts<T> {
  emit: Emit<PartEvent>;
  /** Called once for each part that came, with a value, after its result was given. */
  deliverLate: (part: { name: string; value: T }) => void;
}

/** `cause` is the part's own failure, where it had one. */
export interface RequiredPartMissing extends Error {
  code: 'REQUIRED_PART_MISSING';
  part: string;
}

/**
 * Kata 1.9. Resolves at the latest after `deadlineMs`, sooner when every part has settled. Rejects with a
 * `RequiredPartMissing` at once when a required part fails or is empty, and at the deadline when one is late.
 */
export type GatherParts = <T>(
  ports: GatherPorts<T>,
  parts: readonly Part<T>[],
  deadlineMs: number,
) => Promise<Gathered<T>>;
