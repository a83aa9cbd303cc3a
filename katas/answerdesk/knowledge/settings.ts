import type { ChunkingSettings } from '../seams/chunking.ts';
import type { ContextSettings } from '../seams/context-budget.ts';
import type { EvaluationSettings } from '../seams/evaluation.ts';
import type { GuardrailSettings } from '../seams/guardrails.ts';
import type { HybridSettings } from '../seams/hybrid.ts';
import type { ScopedSearchSettings } from '../seams/metadata-filter.ts';
import type { MultiStageSettings } from '../seams/multi-stage.ts';
import type { ReRankingSettings } from '../seams/re-ranking.ts';

export interface KnowledgeSettings {
  chunking: ChunkingSettings;
  filter: ScopedSearchSettings;
  hybrid: HybridSettings;
  stages: MultiStageSettings & { middle: Sizes; last: Sizes };
  reRanking: ReRankingSettings;
  context: ContextSettings;
  compression: { partTokens: number };
  historyTokens: number;
  guardrails: GuardrailSettings;
  evaluation: EvaluationSettings;
  /** Passages that a question gets. */
  k: number;
}

interface Sizes {
  takes: number;
  keeps: number;
  withinMs: number;
}

/** As in production on 9 June. */
export const knowledgeSettings: KnowledgeSettings = {
  chunking: { maxTokens: 256, overlapTokens: 32 },
  filter: { whenMissing: { product: 'keep', version: 'drop', validity: 'drop' }, relax: ['product'] },
  hybrid: { rankConstant: 60, depth: 100 },
  stages: {
    wide: 60,
    fewAreEnough: 50,
    middle: { takes: 60, keeps: 30, withinMs: 100 },
    last: { takes: 30, keeps: 20, withinMs: 400 },
  },
  reRanking: { batch: 128, withinMs: 300, lambda: 0.9, freshWithin: 0 },
  context: { window: 3_200, answerReserve: 600, perMessage: 4 },
  compression: { partTokens: 120 },
  historyTokens: 240,
  guardrails: {
    sources: [
      'fastify-3/',
      'fastify-4/',
      'fastify-5/',
      'larkspur/',
      'brackwater/',
      'northwind/',
      'quillmoor/',
      'vantelle/',
      'kestrelby/',
    ],
    minScore: 0.05,
    minInScope: 0.5,
  },
  evaluation: { k: 10, resamples: 400, confidence: 0.95, seed: 5 },
  k: 10,
};
