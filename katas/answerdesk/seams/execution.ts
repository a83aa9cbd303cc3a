import type { Answer, Emit, Question } from '../domain.ts';

export interface ExecutionPolicy {
  /** A caller gets an answer or a receipt within this time, in milliseconds, whatever the question turns out to take. */
  inlineBudgetMs: number;
  /** Calls of `answer` under way at once, inline ones included; what is accepted beyond waits its turn. */
  concurrency: number;
}

/** What the predictor may go by: questions of a route take a similar time (a cache hit, a model, a tool). */
export interface RoutedQuestion extends Question {
  route: string;
}

/** 202 is a receipt: the job is there when the caller has it, and ends. `location` is `/jobs/{jobId}`. */
export type Reply = { status: 200; answer: Answer } | { status: 202; jobId: string; location: string };

/** `queued`: not begun. `running`: its call of `answer` is under way. */
export type JobView =
  | { state: 'queued' | 'running' }
  | { state: 'done'; answer: Answer }
  | { state: 'failed'; reason: string };

/** `QuestionAccepted` once for each 202; when its job ends, `JobFinished` or `JobFailed` once. Nothing for the others. */
export interface ExecutionEvent {
  type: 'QuestionAccepted' | 'JobFinished' | 'JobFailed';
  data: { questionId: string; jobId: string };
}

export interface ExecutionPorts {
  /** Does the work: asks the cache, the model, the tool. Each call is paid for. */
  answer: (question: RoutedQuestion) => Promise<Answer>;
  emit: Emit<ExecutionEvent>;
}

export interface Intake {
  /** Rejects only when an inline answer failed, with that failure as it came. */
  submit: (question: RoutedQuestion) => Promise<Reply>;
  /** `undefined` for a job that never was. */
  job: (jobId: string) => JobView | undefined | Promise<JobView | undefined>;
}

/** Kata 1.1. */
export type CreateIntake = (ports: ExecutionPorts, policy: ExecutionPolicy) => Intake;
