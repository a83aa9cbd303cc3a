import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

/** One version of one item's price. Instants are ISO 8601, UTC, with milliseconds. */
export interface PriceVersion {
  item: string;
  /** From 1, without gaps. */
  version: number;
  /** Per million tokens, in micro-units of the currency: a whole number below 10^12. */
  micros: number;
  /** From when it holds in the world: may lie in the past or in the future. */
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

export type PriceBookEvent =
  | { type: 'PriceRecorded'; data: { item: string; version: number; micros: number; validFrom: string } }
  | { type: 'PriceConflicted'; data: { item: string; expected: number; actual: number } };

export interface PriceBookPorts {
  sql: SqlPort;
  emit: Emit<PriceBookEvent>;
}

export interface PriceBook {
  /** Rejects with code 'VERSION_CONFLICT', `expected` and `actual` where somebody was first. */
  put: (change: PriceChange) => Promise<PriceVersion>;
  /**
   * What held at `validAt`, as we knew it at `knownAt`; both default to now. Of the versions known by then it is the one
   * with the latest `validFrom` that isn't after `validAt`; of several with the same, the latest version.
   */
  asOf: (item: string, when?: { validAt?: string; knownAt?: string }) => Promise<PriceVersion | undefined>;
  /** Every version, in order. */
  history: (item: string) => Promise<PriceVersion[]>;
  /** Adds to what was sold of an item. Every worker does so with every answer. */
  addSold: (item: string, tokens: number) => Promise<void>;
  /** Tokens sold of it so far; nobody asks how many it were yesterday. */
  sold: (item: string) => Promise<number>;
}

/** Kata 3.5. Called once in each process; `schema` is the DDL it works on, run once on an empty database. */
export type CreatePriceBook = (ports: PriceBookPorts) => PriceBook;
