import { chunked, createKnowledgeIndex, type KnowledgeIndex, STEPS } from '#answerdesk/knowledge/retrieval.ts';
import type { KnowledgeSeams } from '#answerdesk/knowledge/seams.ts';
import { knowledgeSettings as settings } from '#answerdesk/knowledge/settings.ts';
import type { Passage } from '#answerdesk/knowledge.ts';
import type { RetrievalMeasured } from '#kit/measures.ts';
import { shuffled } from '#kit/seeded.ts';
import { countTokens, pages } from './library.ts';
import { qualityByClass } from './measuring.ts';
import type { Ask } from './questions.ts';
import { scopeOf } from './script.ts';
import { retrievalServices, type Weather } from './services.ts';

export interface Knowledge {
  /** Two processes' indexes over the same passages, which came to them in different orders. */
  indexes: readonly [KnowledgeIndex, KnowledgeIndex];
  weather: Weather;
}

/** Indexes the whole corpus, twice. Takes a second or two: once a run is enough. */
export async function openKnowledge(seams: KnowledgeSeams): Promise<Knowledge> {
  const weather: Weather = { seed: 0, timeless: true };
  const ports = retrievalServices(weather);
  const passages = chunked(seams, settings, { countTokens }, pages());
  const index = (some: readonly Passage[]) => createKnowledgeIndex(seams, settings, ports, pages(), some);
  return { weather, indexes: [await index(passages), await index(shuffled(1, 'other order', passages))] };
}

/** How good retrieval is after each step, on these questions. */
export async function measured(
  { indexes: [index], weather }: Knowledge,
  asks: readonly Ask[],
): Promise<RetrievalMeasured[]> {
  weather.timeless = true;
  const all: RetrievalMeasured[] = [];
  for (const step of STEPS) {
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
