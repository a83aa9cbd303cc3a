import type { Emit } from '../domain.ts';

export type JobPhase = 'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled';

/** With the phases in which each may happen, and the phase that it leads to. Anything else is illegal. */
export type JobEventType =
  /** A job that never was → queued */
  | 'JobQueued'
  /** queued → running */
  | 'JobStarted'
  /** running → waiting */
  | 'JobWaited'
  /** waiting → running */
  | 'JobResumed'
  /** running → done */
  | 'JobFinished'
  /** running, waiting → failed */
  | 'JobFailed'
  /** failed → queued */
  | 'JobRetried'
  /** queued, running, waiting → cancelled */
  | 'JobCancelled'
  /** In any phase but done and cancelled; the phase stays. */
  | 'JobPaused'
  /** Likewise. */
  | 'JobUnpaused';

export interface JobEvent {
  /** Unique; the same id delivered again is the same event. */
  id: string;
  jobId: string;
  type: JobEventType;
  /** When it happened, ms since the epoch, by the clock of the worker that says so. Order is that of delivery. */
  at: number;
}

/** As it was when it was given: what happens later doesn't change it. */
export interface JobStatus {
  phase: JobPhase;
  /** Whether its work is held back; says nothing about the phase. */
  paused: boolean;
  /** Times it was started. */
  attempts: number;
  /** `at` of the last event that counted. */
  changedAt: number;
}

/** Thrown for an event that the job's phase doesn't allow; nothing has changed. */
export interface IllegalTransition extends Error {
  code: 'ILLEGAL_TRANSITION';
  from: JobPhase | 'none';
  /** Where the event would have led. Of no meaning for a pause, or for a type that isn't in the list. */
  to: JobPhase;
  /** Its type, as it came. */
  event: JobEventType;
}

export interface JobStateEvent {
  type: JobEventType;
  /** A pause leads from a phase to the same phase. */
  data: { jobId: string; from: JobPhase | 'none'; to: JobPhase };
}

export interface JobStatePorts {
  /** Events that counted, in order. */
  emit: Emit<JobStateEvent>;
}

/** Kata 1.4. */
export interface Jobs {
  apply: (event: JobEvent) => JobStatus;
  /** `undefined` for a job that never was. */
  status: (jobId: string) => JobStatus | undefined;
}

/** `history` holds events that have counted before: the state is rebuilt from them alone, and nothing is emitted. */
export type CreateJobs = (ports: JobStatePorts, history?: readonly JobEvent[]) => Jobs;
