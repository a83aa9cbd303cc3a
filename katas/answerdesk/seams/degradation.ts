import type { Emit, Question } from '../domain.ts';

export interface RungAnswer {
  text: string;
  /** When what it says was true, on `Date.now()`'s clock; absent when it is fresh. */
  asOf?: number;
}

/** One way to answer, best first. `null` means that this rung has nothing for the question. */
export interface Rung {
  name: 'fresh' | 'cached' | 'smaller-model' | 'excerpts' | 'apology';
  /** How long it may take. */
  budgetMs: number;
  /** What it says may be out of date or made up: not for a question that must be fresh. */
  mayBeWrong: boolean;
  answer: (question: Question, signal: AbortSignal) => Promise<RungAnswer | null>;
}

export interface LadderAnswer {
  questionId: string;
  text: string;
  rung: Rung['name'];
  /** True on every rung but the first. */
  degraded: boolean;
  /** Of what is said, in milliseconds; 0 when it is fresh. */
  ageMs: number;
}

export interface LadderEvent {
  type: 'AnswerDegraded';
  data: { questionId: string; tenant: string; rung: Rung['name']; ageMs: number };
}

/** Kata 1.10. Rejects only when no rung answered, with the first rung's failure as `cause`. */
export type CreateLadder = (
  ports: { emit: Emit<LadderEvent> },
  rungs: readonly Rung[],
) => (question: Question, signal?: AbortSignal) => Promise<LadderAnswer>;
