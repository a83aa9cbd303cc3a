import type { Emit, Question } from '../domain.ts';

export interface RungAnswer {
  text: string;
  /** When what it says was true, on `Date.now()`'s clock; absent when it is true now. */
  asOf?: number;
}

/** One way to answer. Rejects when it can't; `null` means that it has nothing for the question. */
export interface Rung {
  name: 'fresh' | 'cached' | 'smaller-model' | 'excerpts' | 'apology';
  /** How long it may take for one question, from when it is asked. */
  budgetMs: number;
  /** What it says may be out of date or made up: not for a question that must be fresh. */
  mayBeWrong: boolean;
  /** Should stop when `signal` aborts; not each one does. */
  answer: (question: Question, signal: AbortSignal) => Promise<RungAnswer | null>;
}

export interface LadderAnswer {
  questionId: string;
  text: string;
  rung: Rung['name'];
  /** True on every rung but the first of the ladder. */
  degraded: boolean;
  /** Of what is said, in milliseconds, when the answer is given; 0 without an `asOf`. */
  ageMs: number;
}

/** Once for each degraded answer, with the answer's own figures. */
export interface LadderEvent {
  type: 'AnswerDegraded';
  data: { questionId: string; tenant: string; rung: Rung['name']; ageMs: number };
}

/**
 * Kata 1.10. `rungs` are best first; the first is the answer as it should be. Rejects when no rung answered, with the
 * first failure as `cause`, and when the caller's `signal` aborts.
 */
export type CreateLadder = (
  ports: { emit: Emit<LadderEvent> },
  rungs: readonly Rung[],
) => (question: Question, signal?: AbortSignal) => Promise<LadderAnswer>;
