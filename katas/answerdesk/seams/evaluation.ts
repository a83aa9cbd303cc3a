import type { Emit, SeamEvent } from '../domain.ts';
import type { JudgedQuestion, Passage } from '../knowledge.ts';

/** What a retriever brought for each question, by the question's id: passage ids, best first. */
export type RetrievalRun = Readonly<Record<string, readonly string[]>>;

export type Metric = 'recall' | 'reciprocalRank' | 'ndcg';

/** Means over questions, at the k of the settings. */
export interface Figures extends Readonly<Record<Metric, number | null>> {
  /** Questions that have a relevant passage (a grade above 0): only these are averaged over. */
  questions: number;
  /** Share of all its relevant passages. null, as the others, where there is no such question. */
  recall: number | null;
  /** 1 / rank of the first relevant passage; 0 where none is among the k. */
  reciprocalRank: number | null;
  /** DCG over that of the best ranking that the judgement allows. */
  ndcg: number | null;
}

export interface Evaluation extends Figures {
  /** Every class that is judged. */
  classes: Readonly<Record<string, Figures>>;
}

export interface Change {
  /** Or `all`. */
  class: string;
  metric: Metric;
  questions: number;
  /** The candidate's mean less that of what runs now. */
  change: number;
  /** Bootstrap interval of the change, over the questions: what both did with one question stays together. */
  low: number;
  high: number;
}

/** A candidate held against what runs now. */
export interface Comparison {
  passes: boolean;
  /** Each metric of `all` and of each class that has a question with a relevant passage. */
  changes: readonly Change[];
  /** Those in which the candidate is worse by more than chance explains: the interval lies below 0. */
  regressions: readonly Change[];
}

/** What was answered to a question. No claims: nothing was. */
export interface GivenAnswer {
  /** Ids of the passages that the model was given. */
  given: readonly string[];
  /** Its sentences, each with the ids of the passages that it cites. */
  claims: readonly { text: string; cites: readonly string[] }[];
}
/** By the question's id. */
export type AnswerRun = Readonly<Record<string, GivenAnswer>>;

/** The verdict of a judge, person or model: whether the passage proves the sentence. */
export type Proves = (sentence: string, passage: string) => boolean;

/** Means over answers. A question may be among them that has no relevant passage. */
export interface AnswerFigures {
  /** Judged questions that were answered. */
  answers: number;
  /** Share of an answer's sentences that a passage proves which the model was given. null where nothing was answered. */
  faithfulness: number | null;
  /** Share of an answer's citations whose passage was given and proves its sentence. null where nothing was cited. */
  citationPrecision: number | null;
}
export interface AnswerEvaluation extends AnswerFigures {
  classes: Readonly<Record<string, AnswerFigures>>;
}

export interface EvaluationSettings {
  /** Ranks that count. */
  k: number;
  /** Of the bootstrap. */
  resamples: number;
  /** 0.95: so many of the resampled changes lie in the interval, and as many below as above it. */
  confidence: number;
  seed: number;
  /** A class of fewer questions is compared and refuses no candidate. Default 6. */
  fewest?: number;
}

/** The same input gives the same output, whenever and however often it is asked. */
export interface Evaluator {
  /** A question that the run doesn't have found nothing. A passage that comes again gains nothing. */
  evaluate: (judged: readonly JudgedQuestion[], run: RetrievalRun) => Evaluation;
  compare: (judged: readonly JudgedQuestion[], now: RetrievalRun, candidate: RetrievalRun) => Comparison;
  evaluateAnswers: (judged: readonly JudgedQuestion[], answers: AnswerRun, proves: Proves) => AnswerEvaluation;
  /**
   * Ids of judged questions whose text stands in a passage, word for word, whatever the case, the spaces, the marks and
   * the form of the letters: what is found for them proves nothing.
   */
  leaks: (judged: readonly JudgedQuestion[], passages: readonly Passage[]) => readonly string[];
}

/** `{ type: 'RegressionFound', data: Change }` for each that refuses a candidate. */
export interface EvaluatorPorts {
  emit: Emit<SeamEvent>;
}

/** Kata 5.11. Gain is linear: DCG = Σ grade / log2(rank + 1). */
export type CreateEvaluator = (ports: EvaluatorPorts, settings: EvaluationSettings) => Evaluator;
