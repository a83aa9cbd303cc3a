import type { Emit, SeamEvent } from '../domain.ts';
import type { JudgedQuestion, Passage, Search } from '../knowledge.ts';

export interface HybridPorts {
  passages: readonly Passage[];
  /** The search by vectors. It may be good or bad, and its scores are on a scale of its own. It may reject. */
  vectors: Search;
  /**
   * Questions to learn from how far each retriever can be trusted. Where fewer than ten of them have a relevant
   * passage they say nothing, and both are trusted alike.
   */
  judged: readonly JudgedQuestion[];
  /** `{ type: 'RetrieverTurnedDown', data: { retriever: 'keywords' | 'vectors' } }`, once. */
  emit: Emit<SeamEvent>;
}

export interface HybridSettings {
  /** Of reciprocal rank fusion: an entry counts 1 / (rankConstant + rank), with ranks from 1. */
  rankConstant: number;
  /** How deep each list is read; deeper where more is asked for. */
  depth: number;
}

export interface HybridSearch {
  /** BM25 alone (k1 1.2, b 0.75). What holds no word of the question isn't in it. */
  keywords: Search;
  /** Both, fused. Equal ones by id. */
  search: Search;
}

/** Kata 5.4. */
export type CreateHybrid = (ports: HybridPorts, settings: HybridSettings) => HybridSearch;
