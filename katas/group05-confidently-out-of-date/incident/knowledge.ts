import {
  chunked,
  createKnowledgeIndex,
  type KnowledgeIndex,
  STEPS,
  type Step,
} from '#answerdesk/knowledge/retrieval.ts';
import type { KnowledgeSeams } from '#answerdesk/knowledge/seams.ts';
import { knowledgeSettings as settings } from '#answerdesk/knowledge/settings.ts';
import type { JudgedQuestion, Page, Passage } from '#answerdesk/knowledge.ts';
import type { RetrievalRun } from '#answerdesk/seams/evaluation.ts';
import type { RetrievalMeasured } from '#kit/measures.ts';
import { shuffled } from '#kit/seeded.ts';
import { countTokens, pages } from './library.ts';
import { qualityByClass } from './measuring.ts';
import { type Ask, judgedOn } from './questions.ts';
import { scopeOf } from './script.ts';
import { retrievalServices, sample, type Weather } from './services.ts';

export interface Knowledge {
  /** Two processes' indexes over the same passages, which came to them in different orders. */
  indexes: readonly [KnowledgeIndex, KnowledgeIndex];
  weather: Weather;
  /** Questions that a new index is judged by, and what the one that runs finds for them. */
  judged: readonly JudgedQuestion[];
  currentRun: () => Promise<RetrievalRun>;
}

/** Pages that an import brought without saying whose they are, for which version, or until when. */
const UNFILED = new Set([
  'larkspur/Gateway-Settings.md',
  'northwind/Gateway-Settings-2025.md',
  'quillmoor/Runbook.md',
  'vantelle/Partner-Limits-2025.md',
  'kestrelby/Partner-Integration.md',
]);
const filed = (): Page[] => pages().map((page) => (UNFILED.has(page.id) ? { ...page, metadata: {} } : page));

/** Indexes the whole corpus, twice. Takes a second or two: once a run is enough. */
export async function openKnowledge(seams: KnowledgeSeams): Promise<Knowledge> {
  const weather: Weather = { seed: 0, timeless: true, rated: 0 };
  const ports = retrievalServices(weather);
  const all = filed();
  const passages = chunked(seams, settings, { countTokens }, all);
  const index = (some: readonly Passage[]) => createKnowledgeIndex(seams, settings, ports, all, some);
  const indexes = [await index(passages), await index(shuffled(1, 'other order', passages))] as const;
  let run: Promise<RetrievalRun> | undefined;
  return {
    weather,
    indexes,
    judged: sample().map((ask) => judgedOn(passages, ask)),
    currentRun() {
      run ??= runOf(indexes[0], weather);
      return run;
    },
  };
}

async function runOf(index: KnowledgeIndex, weather: Weather): Promise<RetrievalRun> {
  const before = weather.timeless;
  weather.timeless = true;
  const run: Record<string, string[]> = {};
  for (const ask of sample()) {
    const { hits } = await index.search(ask.text, settings.evaluation.k, scopeOf(ask));
    run[ask.id] = hits.map(({ id }) => id);
  }
  weather.timeless = before;
  return run;
}

/** How good retrieval is after each of the steps, on these questions. */
export async function measured(
  { indexes: [index], weather }: Knowledge,
  asks: readonly Ask[],
  steps: readonly Step[] = STEPS,
): Promise<RetrievalMeasured[]> {
  weather.timeless = true;
  const all: RetrievalMeasured[] = [];
  for (const step of steps) {
    const rankings = [];
    for (const ask of asks) {
      const hits = await index.after(step, ask.text, settings.stages.last.keeps, scopeOf(ask));
      rankings.push({ ask, passages: hits.flatMap(({ id }) => index.passage(id) ?? []) });
    }
    for (const { class: name, questions, recall, ndcg, reciprocalRank } of qualityByClass(rankings))
      all.push({
        step,
        class: name,
        questions,
        recallAt10: round(recall),
        ndcgAt10: round(ndcg),
        mrr: round(reciprocalRank),
      });
  }
  return all;
}

const round = (x: number) => Math.round(1_000 * x) / 1_000;
