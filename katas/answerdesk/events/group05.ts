import { shapes as chunkedRetrieval } from './group05/chunked-retrieval.ts';
import { shapes as compression } from './group05/compression-summarization.ts';
import { shapes as contextBudgeting } from './group05/context-budgeting.ts';
import { shapes as day } from './group05/day.ts';
import { shapes as groundedGeneration } from './group05/grounded-generation.ts';
import { shapes as hybridRetrieval } from './group05/hybrid-retrieval.ts';
import { shapes as metadataFirst } from './group05/metadata-first-retrieval.ts';
import { shapes as multiStage } from './group05/multi-stage-retrieval.ts';
import { shapes as naiveRag } from './group05/naive-rag.ts';
import { shapes as evaluation } from './group05/rag-evaluation.ts';
import { shapes as reRanking } from './group05/re-ranking.ts';
import { shapes as guardrails } from './group05/retrieval-guardrails.ts';
import type { EventShapes } from './shapes.ts';

/** Confidently out of date: what its day and its katas note. */
export const group05: readonly EventShapes[] = [
  naiveRag,
  chunkedRetrieval,
  metadataFirst,
  hybridRetrieval,
  multiStage,
  reRanking,
  contextBudgeting,
  compression,
  groundedGeneration,
  guardrails,
  evaluation,
  day,
];
