import type { Answer, Emit, Question } from '../domain.ts';

export interface ExecutionPolicy {
  /** A caller gets an answer or a receipt within this time, in milliseconds. */
  inlineBudgetMs: number;
  /** Answers under way at once; what is accepted beyond waits its turn. */
  concurrency: number;
}

/** What the predictor may go by: questions of a route take a similar time (a cache hit, a model, a tool). */
export interface RoutedQuestion extends Question {
  route: string;
}

export type Reply = { status: 200; answer: Answer } | { status: 202; jobId: string; location: string };

export type JobView =
  | { state: 'queued' | 'running' }
  | { state: 'done'; answer: Answer }
  | { state: 'failed'; reason: string };

export interface ExecutionEvent {
  type: 'QuestionAccepted' | 'JobFinished' | 'JobFailed';
  data: { questionId: string; jobId: string };
}

export interface ExecutionPorts {
  answer: (question: RoutedQuestion) => Promise<Answer>;
  emit: Emit<ExecutionEvent>;
}

export interface Intake {
  /** Rejects only when an inline answer failed. `location` is `/jobs/{jobId}`. */
  submit: (question: RoutedQuestion) => Promise<Reply>;
  /** `undefined` for a job that never was. */
  job: (jobId: string) => JobView | undefined | Promise<JobView | undefined>;
}

/** Kata 1.1. */
export type CreateIntake = (ports: ExecutionPorts, policy: ExecutionPolicy) => Intake;
