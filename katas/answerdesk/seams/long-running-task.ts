import type { Emit } from '../domain.ts';

export interface TaskPolicy {
  /** How long an outcome is kept after its task ended, in milliseconds, from a minute to 30 days; then it is gone (410). */
  resultTtlMs: number;
  /** Units of one task that are worked on at once. Tasks don't wait for one another. */
  concurrency: number;
}

/** A tenant's re-index: one provider call per unit, and no unit twice. */
export interface TaskRequest {
  tenant: string;
  units: readonly string[];
}

export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';

export type TaskStatus =
  | {
      status: 200;
      state: TaskState;
      /** Units that are embedded; never falls. */
      done: number;
      total: number;
      /** While it is running: after how many whole seconds, 1 at least, asking again is worth it (`Retry-After`). */
      retryAfterSeconds?: number;
      /** Why it failed, in the provider's words. */
      reason?: string;
    }
  | { status: 404 }
  | { status: 410 };

export type TaskResult =
  /** By unit. */
  | { status: 200; result: Record<string, string> }
  /** Not there yet, or never will be: the state says which. */
  | { status: 409; state: TaskState }
  | { status: 404 }
  | { status: 410 };

export interface TaskEvent {
  /** One of the last three ends a task. `TaskProgressed` is said as `done` grows; it need not be said for each unit. */
  type: 'TaskStarted' | 'TaskProgressed' | 'TaskFinished' | 'TaskFailed' | 'TaskCancelled';
  data: { taskId: string; tenant: string; done: number; total: number };
}

export interface TaskPorts {
  /** One provider call. Rejects as the provider does; most providers, not all, give up when the signal aborts. */
  embed: (unit: string, signal: AbortSignal) => Promise<string>;
  /** What a new task is called. */
  newId: () => string;
  emit: Emit<TaskEvent>;
}

type MaybePromise<T> = T | Promise<T>;

/** Kata 1.2. None of the four waits for the work. */
export interface Tasks {
  /** `location` is `/tasks/{taskId}`. */
  start: (request: TaskRequest) => MaybePromise<{ status: 202; taskId: string; location: string }>;
  status: (taskId: string) => MaybePromise<TaskStatus>;
  result: (taskId: string) => MaybePromise<TaskResult>;
  /** 202 also where the task has ended; then nothing changes. */
  cancel: (taskId: string) => MaybePromise<{ status: 202 | 404 | 410 }>;
}

export type CreateTasks = (ports: TaskPorts, policy: TaskPolicy) => Tasks;
