import { STEPS } from '#answerdesk/knowledge/retrieval.ts';
import type { KnowledgeSeams } from '#answerdesk/knowledge/seams.ts';
import { playKnowledgeDay } from '#answerdesk/simulation/knowledge/knowledge-day.ts';
import { gate } from '#kit/gate.ts';
import { measuresOf } from '#kit/measures.ts';
import { createNaiveRag } from './01-naive-rag/kata.ts';
import { createChunker } from './02-chunked-retrieval/kata.ts';
import { createScopedSearch } from './03-metadata-first-retrieval/kata.ts';
import { createHybrid } from './04-hybrid-retrieval/kata.ts';
import { createMultiStage } from './05-multi-stage-retrieval/kata.ts';
import { createReRanker } from './06-re-ranking/kata.ts';
import { createContextBudget } from './07-context-budgeting/kata.ts';
import { createCompression } from './08-compression-summarization/kata.ts';
import { createGrounding } from './09-grounded-generation/kata.ts';
import { createGuardrails } from './10-retrieval-guardrails/kata.ts';
import { createEvaluator } from './11-rag-evaluation/kata.ts';
import { BEGINS, RECORDED_SEED } from './incident/day.ts';
import { type Knowledge, measured, openKnowledge } from './incident/knowledge.ts';
import { HELD, objectives } from './incident/objectives.ts';
import { dayOf, judgedAsks } from './incident/script.ts';

const seams: KnowledgeSeams = {
  createNaiveRag,
  createChunker,
  createScopedSearch,
  createHybrid,
  createMultiStage,
  createReRanker,
  createContextBudget,
  createCompression,
  createGrounding,
  createGuardrails,
  createEvaluator,
};
let knowledge: Promise<Knowledge> | undefined;

gate(
  objectives,
  RECORDED_SEED,
  async (seed, { clock, history, report }) => {
    knowledge ??= openKnowledge(seams);
    const opened = await knowledge;
    // All steps are for the report; a fresh day is held to two of them.
    const isRecorded = seed === RECORDED_SEED;
    for (const data of await measured(opened, judgedAsks(seed), isRecorded ? STEPS : HELD))
      history.record({ stream: 'retrieval', type: 'RetrievalMeasured', data });
    const measures = isRecorded ? measuresOf(history.events) : undefined;
    if (measures) report.measures = measures;
    await playKnowledgeDay(dayOf(seed, opened), seams, clock, history);
  },
  { startAt: BEGINS },
);
