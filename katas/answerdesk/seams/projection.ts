import type { EventLog } from '../event-log.ts';

/** What one tenant is to pay. */
export interface TenantTotal {
  answers: number;
  tokens: number;
  micros: number;
}
export type Totals = Record<string, TenantTotal>;

/**
 * Where a projection keeps what it has. A slot is written whole, value and checkpoint together, or not at all; the one
 * that `active` names is what readers get.
 */
export interface ProjectionStore {
  load: (slot: string) => Promise<{ value: unknown; checkpoint: number } | undefined>;
  /** Rejects with code 'SLOT_CONFLICT' if the slot's checkpoint isn't `expected` (-1: the slot is empty). */
  save: (slot: string, value: unknown, checkpoint: number, expected: number) => Promise<void>;
  drop: (slot: string) => Promise<void>;
  active: () => Promise<string | undefined>;
  activate: (slot: string) => Promise<void>;
}

export interface ProjectionPorts {
  /** `AnswerBilled { tenant, tokens, micros }`, `AnswerRefunded { tenant, tokens, micros }`, and others. */
  log: EventLog;
  store: ProjectionStore;
  /** Tells a tenant, once, that its total has passed the limit. */
  sendMail: (tenant: string, key: string) => Promise<void>;
}

export interface ProjectionPolicy {
  /** Events folded between two writes of the store. */
  batch: number;
  /** A tenant whose total passes this is told, in micro-units. */
  limitMicros: number;
}

export interface Projection {
  /** Folds what is new, from where it stopped, and does what follows from it. */
  catchUp: () => Promise<void>;
  /** Folds everything anew beside what readers see, then puts it in its place. Has no effect outside. */
  rebuild: () => Promise<void>;
  /** What readers see. */
  totals: () => Promise<Totals>;
}

/** Kata 3.7. Called once in each process. */
export type CreateProjection = (ports: ProjectionPorts, policy: ProjectionPolicy) => Projection;
