import type { Emit, SeamEvent } from '../domain.ts';
import type { Hit } from '../knowledge.ts';

export interface ReRankingPorts {
  textOf: (id: string) => string;
  /**
   * The provider's scores, one for each text, in their order. Refuses more than `batch` texts. May fail, hang, or come
   * back with fewer scores than texts.
   */
  score: (question: string, texts: readonly string[], signal: AbortSignal) => Promise<readonly number[]>;
  /** How much two passages say the same, 0 to 1. */
  similarity: (a: string, b: string) => number;
  /** When a passage began to hold, ms since the epoch; undefined where nobody knows. */
  validFrom: (id: string) => number | undefined;
  emit: Emit<SeamEvent>;
}

export interface ReRankingSettings {
  batch: number;
  withinMs: number;
  /** 1: relevance alone. Less: what is like one that stands before it loses (maximal marginal relevance). */
  lambda: number;
  /** Of two whose relevance differs by no more than this, the newer one comes first. 0: age doesn't count. */
  freshWithin: number;
}

export interface ReRanked {
  hits: readonly Hit[];
  /** Some or all of them stand in the order in which they came. */
  fellBack: boolean;
}

/** Kata 5.6. */
export type CreateReRanker = (
  ports: ReRankingPorts,
  settings: ReRankingSettings,
) => (question: string, candidates: readonly Hit[], k: number) => Promise<ReRanked>;
