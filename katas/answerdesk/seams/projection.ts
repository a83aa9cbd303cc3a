import type { EventLog } from '../event-log.ts';

/** What one tenant is to pay. */
export interface TenantTotal {
  answers: number;
  tokens: number;
  micros: number;
}
export type Totals = Record<string, TenantTotal>;

/**
 * Where a projection keeps what it has, shared by all processes. A slot is written whole, value and checkpoint
 * together, or not at all. The one that `active` names is what readers get; undefined until one was named.
 */
export interface ProjectionStore {
  /** The value is plain JSON. */
  load: (slot: string) => Promise<{ value: unknown; checkpoint: number } | undefined>;
  /** Rejects with code 'SLOT_CONFLICT' if the slot's checkpoint isn't `expected` (-1: the slot is empty). */
  save: (slot: string, value: unknown, checkpoint: number, expected: number) => Promise<void>;
  /** Empties it. */
  drop: (slot: string) => Promise<void>;
  active: () => Promise<string | undefined>;
  activate: (slot: string) => Promise<void>;
}

export interface ProjectionPorts {
  /**
   * `AnswerBilled { tenant, tokens, micros }` adds one answer to its tenant's total, `AnswerRefunded` with the same
   * data takes one away; events of other types say nothing about it.
   */
  log: EventLog;
  store: ProjectionStore;
  /** Tells a tenant that its total has passed the limit. The receiver takes two mails with one key for one. */
  sendMail: (tenant: string, key: string) => Promise<void>;
}

export interface ProjectionPolicy {
  /** Most events that are folded between two writes of the store. */
  batch: number;
  /** A tenant is told when its total is more than this for the first time, in micro-units. */
  limitMicros: number;
}

export interface Projection {
  /** Folds what is new, from where whoever did it last has stopped, and does what follows from it. */
  catchUp: () => Promise<void>;
  /** Folds everything anew beside what readers see, then puts it in its place. Has no effect outside. */
  rebuild: () => Promise<void>;
  /** What readers see. */
  totals: () => Promise<Totals>;
}

/** Kata 3.7. Called once in each process. */
export type CreateProjection = (ports: ProjectionPorts, policy: ProjectionPolicy) => Projection;
