import type { EventLog } from '../event-log.ts';

/** One thing that was done, and who is answerable for it. */
export interface AuditRecord {
  /** Past tense, subject first: `PriceChanged`. */
  type: string;
  /** Who did it; not empty. */
  by: string;
  /** Not empty. */
  why: string;
  /** Plain JSON. */
  data: Record<string, unknown>;
  /** What is personal about a subject, as plain JSON: readable until the subject is erased. */
  personal?: { subject: string; data: Record<string, unknown> };
  /** What it belongs to, and the id of the entry that caused it; null where none did. */
  correlationId: string;
  causationId: string | null;
}

export interface AuditEntry extends AuditRecord {
  id: string;
  /** Its place in its stream, from 0, without gaps. */
  revision: number;
  /** When it was written, ISO 8601, UTC, by the writer's clock. */
  at: string;
  /** The subject of its personal data was erased; `personal` is gone. */
  erased?: true;
}

/** Where a stream stands: kept elsewhere by whoever wants to know later that nothing was changed. -1: it is empty. */
export interface Head {
  revision: number;
  hash: string;
}

export type Verdict =
  | { intact: true; head: Head }
  /** The first entry that isn't as it was written, or is missing. `what` is for people. */
  | { intact: false; revision: number; what: string };

/** Keys that can be destroyed, one for each subject; 32 bytes. */
export interface KeyRing {
  get: (subject: string) => Promise<Uint8Array | undefined>;
  /** A new key, or the one that is there. */
  create: (subject: string) => Promise<Uint8Array>;
  destroy: (subject: string) => Promise<void>;
}

export interface AuditPorts {
  log: EventLog;
  keys: KeyRing;
  /** This machine's clock, ms since the epoch. Machines differ, and clocks are set back. */
  now: () => number;
}

export interface AuditLog {
  /**
   * `expected` is the revision of the stream's last entry, -1 for a new stream. Rejects with code
   * 'WRONG_EXPECTED_REVISION' where it isn't, and with 'RECORD_INCOMPLETE' where nobody is answerable.
   */
  append: (stream: string, record: AuditRecord, expected: number) => Promise<{ entry: AuditEntry; head: Head }>;
  /** All entries, in the order in which they were written. */
  read: (stream: string) => Promise<AuditEntry[]>;
  /** Holds a stream against a head that was kept elsewhere, which it may have outgrown; without one, against itself. */
  verify: (stream: string, head?: Head) => Promise<Verdict>;
  /** Makes unreadable, for ever, whatever is personal about the subject in any stream. */
  erase: (subject: string) => Promise<void>;
}

/** Kata 3.6. Called once in each process. */
export type CreateAuditLog = (ports: AuditPorts) => AuditLog;
