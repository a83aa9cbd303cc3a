import type { Emit } from '../domain.ts';
import type { Hit } from '../knowledge.ts';

export interface ReRankingPorts {
  textOf: (id: string) => string;
  /**
   * The provider's scores, one for each text, in their order; on a scale of its own, below zero too. Refuses more than
   * `batch` texts. May fail, hang, or come back with another number of scores than of texts: then nobody knows whose
   * they are.
   */
  score: (question: string, texts: readonly string[], signal: AbortSignal) => Promise<readonly number[]>;
  /** How much two passages say the same, 0 to 1. */
  similarity: (a: string, b: string) => number;
  /** When a passage began to hold, ms since the epoch; undefined where nobody knows: older than any. */
  validFrom: (id: string) => number | undefined;
  emit: Emit<ReRankingEvent>;
}

/** So many of a question's candidates have no score. */
export interface ReRankingEvent {
  type: 'CandidatesNotScored';
  data: { count: number };
}

export interface ReRankingSettings {
  /** Texts in one call of the provider, at most. */
  batch: number;
  /** For all calls of a question together. ms. */
  withinMs: number;
  /**
   * What a candidate is worth: λ · relevance − (1 − λ) · its greatest similarity with one that stands before it.
   * Relevance is the provider's score, scaled so that a question's worst candidate has 0 and the best 1. With 1 only
   * relevance counts; less is maximal marginal relevance: at each place stands whoever is worth most there.
   */
  lambda: number;
  /** At each place, of those that are worth less than the best by no more than this, the newest stands. 0: age doesn't count. */
  freshWithin: number;
}

export interface ReRanked {
  hits: readonly Hit[];
  /** Some or all of them stand in the order in which they came. */
  fellBack: boolean;
}

/** Kata 5.6. Candidates come best first, each once. */
export type CreateReRanker = (
  ports: ReRankingPorts,
  settings: ReRankingSettings,
) => (question: string, candidates: readonly Hit[], k: number) => Promise<ReRanked>;
