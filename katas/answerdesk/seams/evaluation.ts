import type { Emit, SeamEvent } from '../domain.ts';
import type { JudgedQuestion, Passage } from '../knowledge.ts';

/** What a retriever brought for each question, by the question's id: passage ids, best first. */
export type RetrievalRun = Readonly<Record<string, readonly string[]>>;

export interface Figures {
  /** Questions that have a relevant passage: only these are averaged over. */
  questions: number;
  /** null where there is no such question. */
  recall: number | null;
  reciprocalRank: number | null;
  ndcg: number | null;
}

export interface Evaluation extends Figures {
  classes: Readonly<Record<string, Figures>>;
}

/** A candidate held against what runs now. */
export interface Comparison {
  passes: boolean;
  /** Classes, or `all`, in which the candidate is worse by more than chance explains. */
  regressions: readonly { class: string; metric: 'recall' | 'reciprocalRank' | 'ndcg'; change: number }[];
}

export interface EvaluationSettings {
  /** Ranks that count. */
  k: number;
  resamples: number;
  /** 0.95 */
  confidence: number;
  seed: number;
}

export interface Evaluator {
  evaluate: (judged: readonly JudgedQuestion[], run: RetrievalRun) => Evaluation;
  compare: (judged: readonly JudgedQuestion[], now: RetrievalRun, candidate: RetrievalRun) => Comparison;
  /** Ids of judged questions whose text stands in a passage: what is found for them proves nothing. */
  leaks: (judged: readonly JudgedQuestion[], passages: readonly Passage[]) => readonly string[];
}

/** Kata 5.11. Gain is linear: DCG = Σ grade / log2(rank + 1). */
export type CreateEvaluator = (ports: { emit: Emit<SeamEvent> }, settings: EvaluationSettings) => Evaluator;
