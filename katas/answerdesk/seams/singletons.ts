import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

/** How questions are answered at present. Plain data. */
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

/** What a holder of a lock has. */
export interface Lease {
  /** Greater than that of any holder of this lock before. Whoever writes under it says it; a lower one is refused there. */
  token: number;
  /** Whether the lock is still this holder's. */
  held: () => boolean | Promise<boolean>;
}

export interface Singletons {
  /** The configuration; loaded when it is first asked for. What a caller does to it, no other caller sees. */
  config: () => Promise<AnswerConfig>;
  /** Loads it anew. The old one serves until the new one is there, and goes on if that fails; then it rejects as `load` did. */
  reload: () => Promise<AnswerConfig>;
  /**
   * Runs `work` when nobody else does under this name, and comes to what it comes to. The lock is free when the work has
   * ended, or `expiresMs` after it began: then the next one's work begins although this one's hasn't ended.
   */
  withLock: <T>(name: string, expiresMs: number, work: (lease: Lease) => Promise<T>) => Promise<T>;
  /** For tests: nothing is loaded and no lock is held, as when the process began. Tokens still grow. */
  reset: () => void | Promise<void>;
}

/** Kata 2.4. Called once in each process; what it returns is what all of the process shares. */
export type CreateSingletons = (ports: SingletonPorts) => Singletons;
