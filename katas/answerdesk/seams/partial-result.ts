import type { Emit } from '../domain.ts';

export interface Part<T> {
  name: string;
  /** Without it there is no result at all. */
  required: boolean;
  load: (signal: AbortSignal) => Promise<T>;
}

export type PartResult<T> =
  | { name: string; status: 'complete'; value: T }
  | { name: string; status: 'late' }
  | { name: string; status: 'failed'; reason: string };

export interface Gathered<T> {
  /** In the order in which they were asked for. */
  parts: PartResult<T>[];
  /** Complete parts as a share of all, 0–1. */
  completeness: number;
}

export interface PartEvent {
  type: 'PartMissed' | 'PartDeliveredLate';
  data: { part: string };
}

export interface GatherPorts<T> {
  emit: Emit<PartEvent>;
  /** Called once for each part that came after its result was given. */
  deliverLate: (part: { name: string; value: T }) => void;
}

/**
 * Kata 1.9. Resolves at the latest after `deadlineMs`, sooner when every part has settled. Rejects, at once, when a
 * required part fails, and at the deadline when one is late: `code` 'REQUIRED_PART_MISSING', `part` its name.
 */
export type GatherParts = <T>(
  ports: GatherPorts<T>,
  parts: readonly Part<T>[],
  deadlineMs: number,
) => Promise<Gathered<T>>;
