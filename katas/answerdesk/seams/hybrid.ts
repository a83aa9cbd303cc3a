import type { Emit, SeamEvent } from '../domain.ts';
import type { JudgedQuestion, Passage, Search } from '../knowledge.ts';

export interface HybridPorts {
  passages: readonly Passage[];
  /** The search by vectors. It may be good or bad, and its scores are on a scale of its own. */
  vectors: Search;
  /** Questions to learn from how far each retriever can be trusted. May be none: then both are trusted alike. */
  judged: readonly JudgedQuestion[];
  /** `{ type: 'RetrieverTurnedDown', data: { retriever: 'keywords' | 'vectors' } }` */
  emit: Emit<SeamEvent>;
}

export interface HybridSettings {
  /** Of reciprocal rank fusion. */
  rankConstant: number;
  /** How deep each list is read. */
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
