import type { Emit } from '../domain.ts';

export type JobPhase = 'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled';

export type JobEventType =
  | 'JobQueued'
  | 'JobStarted'
  | 'JobWaited'
  | 'JobResumed'
  | 'JobFinished'
  | 'JobFailed'
  | 'JobRetried'
  | 'JobCancelled'
  | 'JobPaused'
  | 'JobUnpaused';

export interface JobEvent {
  /** Unique; the same id delivered again is the same event. */
  id: string;
  jobId: string;
  type: JobEventType;
  /** When it happened, ms since the epoch: on the event, never the clock's business. */
  at: number;
}

export interface JobStatus {
  phase: JobPhase;
  /** Whether its work is held back; says nothing about the phase. */
  paused: boolean;
  /** Times it was started. */
  attempts: number;
  /** Of the last event that counted. */
  changedAt: number;
}

/** Thrown for an event that the job's phase doesn't allow; nothing has changed. */
export interface IllegalTransition extends Error {
  code: 'ILLEGAL_TRANSITION';
  from: JobPhase | 'none';
  /** Where the event would have led. */
  to: JobPhase;
  event: JobEventType;
}

export interface JobStatePorts {
  /** Events that counted, in order. */
  emit: Emit<{ type: JobEventType; data: { jobId: string; from: JobPhase | 'none'; to: JobPhase } }>;
}

/** Kata 1.4. */
export interface Jobs {
  apply: (event: JobEvent) => JobStatus;
  /** `undefined` for a job that never was. */
  status: (jobId: string) => JobStatus | undefined;
}

/** `history` holds events that have counted before: the state is rebuilt from them alone, and nothing is emitted. */
export type CreateJobs = (ports: JobStatePorts, history?: readonly JobEvent[]) => Jobs;
