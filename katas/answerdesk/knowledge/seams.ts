import type { CreateChunker } from '../seams/chunking.ts';
import type { CreateCompression } from '../seams/compression.ts';
import type { CreateContextBudget } from '../seams/context-budget.ts';
import type { CreateEvaluator } from '../seams/evaluation.ts';
import type { CreateGrounding } from '../seams/grounding.ts';
import type { CreateGuardrails } from '../seams/guardrails.ts';
import type { CreateHybrid } from '../seams/hybrid.ts';
import type { CreateScopedSearch } from '../seams/metadata-filter.ts';
import type { CreateMultiStage } from '../seams/multi-stage.ts';
import type { CreateNaiveRag } from '../seams/naive-rag.ts';
import type { CreateReRanker } from '../seams/re-ranking.ts';

/** The places where group 5's katas plug in. */
export interface KnowledgeSeams {
  /** 5.1 */
  createNaiveRag: CreateNaiveRag;
  /** 5.2 */
  createChunker: CreateChunker;
  /** 5.3 */
  createScopedSearch: CreateScopedSearch;
  /** 5.4 */
  createHybrid: CreateHybrid;
  /** 5.5 */
  createMultiStage: CreateMultiStage;
  /** 5.6 */
  createReRanker: CreateReRanker;
  /** 5.7 */
  createContextBudget: CreateContextBudget;
  /** 5.8 */
  createCompression: CreateCompression;
  /** 5.9 */
  createGrounding: CreateGrounding;
  /** 5.10 */
  createGuardrails: CreateGuardrails;
  /** 5.11 */
  createEvaluator: CreateEvaluator;
}
