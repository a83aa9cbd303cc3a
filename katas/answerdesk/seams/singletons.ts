import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

/** How questions are answered at present. Plain data; frozen or a copy: nobody may change another's. */
export interface AnswerConfig {
  version: number;
  model: string;
  promptVersion: number;
}

export interface SingletonEvent {
  type: 'ConfigLoaded' | 'ConfigLoadFailed' | 'LockExpired';
  data: { version?: number; lock?: string };
}

export interface SingletonPorts {
  /** Reads the configuration from where it is kept. Takes a while; may fail. */
  load: () => Promise<AnswerConfig>;
  /** For those who keep the lock there. */
  sql: SqlPort;
  emit: Emit<SingletonEvent>;
}

/** Held by whoever runs in the lock. */
export interface Lease {
  /** Grows with each holder of this lock: whoever writes under it says it, and a lower one is refused there. */
  token: number;
  /** Whether the lock is still this holder's. */
  held: () => boolean | Promise<boolean>;
}

export interface Singletons {
  /** The configuration, loaded when first asked for. */
  config: () => Promise<AnswerConfig>;
  /** Loads it anew; the old one serves until the new one is there, and goes on if that fails. Rejects as `load` does. */
  reload: () => Promise<AnswerConfig>;
  /** Runs `work` when nobody else does under this name. The lock ends with the work, or after `expiresMs`. */
  withLock: <T>(name: string, expiresMs: number, work: (lease: Lease) => Promise<T>) => Promise<T>;
  /** As if the process had just begun. Tokens still grow. */
  reset: () => void | Promise<void>;
}

/** Kata 2.4. What it returns is what the whole process shares: called once per process. */
export type CreateSingletons = (ports: SingletonPorts) => Singletons;
