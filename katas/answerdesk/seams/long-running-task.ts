import type { Emit } from '../domain.ts';

export interface TaskPolicy {
  /** How long a result is kept after the task ended, in milliseconds; then it is gone (410). */
  resultTtlMs: number;
  /** Units worked on at once. */
  concurrency: number;
}

/** A tenant's re-index: one provider call per unit. */
export interface TaskRequest {
  tenant: string;
  units: readonly string[];
}

export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';

export type TaskStatus =
  | { status: 200; state: TaskState; done: number; total: number; retryAfterSeconds?: number; reason?: string }
  | { status: 404 }
  | { status: 410 };

export type TaskResult =
  | { status: 200; result: Record<string, string> }
  /** Not there yet, or never will be: the state says which. */
  | { status: 409; state: TaskState }
  | { status: 404 }
  | { status: 410 };

export interface TaskEvent {
  type: 'TaskStarted' | 'TaskProgressed' | 'TaskFinished' | 'TaskFailed' | 'TaskCancelled';
  data: { taskId: string; tenant: string; done: number; total: number };
}

export interface TaskPorts {
  /** One provider call. */
  embed: (unit: string, signal: AbortSignal) => Promise<string>;
  newId: () => string;
  emit: Emit<TaskEvent>;
}

type MaybePromise<T> = T | Promise<T>;

/** Kata 1.2. `start` answers at once with 202; `status` never waits for the work. */
export interface Tasks {
  start: (request: TaskRequest) => MaybePromise<{ status: 202; taskId: string; location: string }>;
  status: (taskId: string) => MaybePromise<TaskStatus>;
  result: (taskId: string) => MaybePromise<TaskResult>;
  cancel: (taskId: string) => MaybePromise<{ status: 202 | 404 | 410 }>;
}

export type CreateTasks = (ports: TaskPorts, policy: TaskPolicy) => Tasks;
