import type { EventLog } from '../event-log.ts';

/** One thing that was done, and who is answerable for it. */
export interface AuditRecord {
  type: string;
  by: string;
  why: string;
  /** Whose personal data is in `personal`; where somebody's is. */
  subject?: string;
  data: Record<string, unknown>;
  /** Readable only until the subject is erased. */
  personal?: Record<string, unknown>;
  correlationId: string;
  /** Id of the entry that caused this one. */
  causationId: string | null;
}

export interface AuditEntry extends AuditRecord {
  id: string;
  revision: number;
  /** ISO 8601, UTC. */
  at: string;
  /** True: the subject was erased, and `personal` is gone for good. */
  erased?: true;
}

/** Where a stream stands: kept by whoever wants to know later that nothing was changed. */
export interface Head {
  revision: number;
  hash: string;
}

export type Verdict =
  | { intact: true; head: Head }
  /** The first entry that isn't as it was written, or is missing or misplaced. */
  | { intact: false; revision: number; what: string };

/** Keys that can be destroyed, one for each subject. 32 bytes. */
export interface KeyRing {
  get: (subject: string) => Promise<Uint8Array | undefined>;
  create: (subject: string) => Promise<Uint8Array>;
  destroy: (subject: string) => Promise<void>;
}

export interface AuditPorts {
  log: EventLog;
  keys: KeyRing;
}

export interface AuditLog {
  /** `expected`: the revision of the stream's last entry, -1 for a new one. Rejects with code 'WRONG_EXPECTED_REVISION'. */
  append: (stream: string, record: AuditRecord, expected: number) => Promise<{ entry: AuditEntry; head: Head }>;
  read: (stream: string) => Promise<AuditEntry[]>;
  /** Holds the stream against a head that was kept elsewhere, or without one only against itself. */
  verify: (stream: string, head?: Head) => Promise<Verdict>;
  /** Makes what is personal about the subject unreadable everywhere, for ever. */
  erase: (subject: string) => Promise<void>;
}

/** Kata 3.6. */
export type CreateAuditLog = (ports: AuditPorts) => AuditLog;
