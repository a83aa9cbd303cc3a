import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

/** One version of one item's price. Instants are ISO 8601, UTC, with milliseconds. */
export interface PriceVersion {
  item: string;
  /** From 1, without gaps. */
  version: number;
  /** Per million tokens, in micro-units of the currency. */
  micros: number;
  /** From when it holds in the world. */
  validFrom: string;
  /** When we came to know it: `now()` of the database. */
  recordedAt: string;
  by: string;
  why: string;
}

export interface PriceChange {
  item: string;
  micros: number;
  validFrom: string;
  by: string;
  why: string;
  /** The version that this change was made on; 0 where the item is new. */
  expected: number;
}

export interface PriceBookPorts {
  sql: SqlPort;
  emit: Emit;
}

export interface PriceBook {
  /** Rejects with code 'VERSION_CONFLICT', `expected` and `actual` where somebody was first. */
  put: (change: PriceChange) => Promise<PriceVersion>;
  /** What held at `validAt`, as we knew it at `knownAt`. Both default to now. */
  asOf: (item: string, when?: { validAt?: string; knownAt?: string }) => Promise<PriceVersion | undefined>;
  /** Every version, in order. */
  history: (item: string) => Promise<PriceVersion[]>;
}

/** Kata 3.5. `schema` is the DDL it works on, run once on an empty database. */
export type CreatePriceBook = (ports: PriceBookPorts) => PriceBook;
