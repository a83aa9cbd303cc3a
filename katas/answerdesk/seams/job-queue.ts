import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

export interface NewJob {
  id: string;
  tenant: string;
  /** Plain JSON, of any kind. */
  payload: unknown;
}

/** A job in a worker's hands. */
export interface Claim extends NewJob {
  worker: string;
  /** Which time this job is being tried, from 1. */
  attempt: number;
  /** Grows with each claim of this job; a write that carries an older one is late. */
  token: number;
}

export interface JobQueuePolicy {
  /** How long a worker may say nothing before its job is another's, in ms of the database's time. */
  leaseMs: number;
  /** Claims that one job gets before it is dead. */
  maxAttempts: number;
  /** How old a status may be that is told, in ms. 0: as it is now. */
  staleMs: number;
}

export interface QueuedJob {
  phase: 'queued' | 'running' | 'done' | 'dead';
  /** Claims so far. */
  attempts: number;
  /** Of a job that is done; plain JSON, of any kind. */
  result?: unknown;
}

export interface JobQueueEvent {
  type: 'JobDied';
  data: { job: string; attempts: number };
}

export interface JobQueuePorts {
  /** Time is its `now()`: the processes' clocks differ. */
  sql: SqlPort;
  emit: Emit<JobQueueEvent>;
}

export interface JobQueue {
  /** Durable when it resolves. The same id twice is one job: the first. */
  enqueue: (job: NewJob) => Promise<void>;
  /** The job that waits longest, or one whose worker is gone; undefined where there is nothing to do. */
  claim: (worker: string) => Promise<Claim | undefined>;
  /** Extends the lease: `leaseMs` from now. False: the job is another's by now. */
  heartbeat: (claim: Claim) => Promise<boolean>;
  /** False: the claim was late, and nothing was written. `result` is plain JSON. */
  complete: (claim: Claim, result: unknown) => Promise<boolean>;
  /** Gives the job back for another try, or makes it dead after the last. False as above. */
  fail: (claim: Claim, reason: string) => Promise<boolean>;
  status: (id: string) => Promise<QueuedJob | undefined>;
  /** Ids of the dead; those that were queued first come first. */
  dead: () => Promise<string[]>;
}

/**
 * Kata 3.2. Called once in each process. Beside it the answer exports `schema`, the DDL it works on: run once, on an
 * empty database, which it shares with others (so its tables have names of their own).
 */
export type CreateJobQueue = (ports: JobQueuePorts, policy: JobQueuePolicy) => JobQueue;
