import type { Emit } from '../domain.ts';
import type { Hit, JudgedQuestion, Page, Passage, Search } from '../knowledge.ts';
import type { Scope, ScopedHits } from '../seams/metadata-filter.ts';
import type { Stage } from '../seams/multi-stage.ts';
import type { Embedding } from '../seams/naive-rag.ts';
import type { KnowledgeSeams } from './seams.ts';
import type { KnowledgeSettings } from './settings.ts';

export interface IndexPorts {
  /** The embedding model that is in use. */
  model: { model: string; dimensions: number };
  countTokens: (text: string) => number;
  /** A text's vector, by that model. */
  embed: (text: string) => Promise<Embedding>;
  /** A passage's vector as the store has it: of the model in use, or still of the one before. */
  stored: (passage: Passage) => Embedding;
  /** Questions whose right passages are known, to tune by. */
  judged: (passages: readonly Passage[]) => readonly JudgedQuestion[];
  /** A cheap second look at many passages. */
  skim: (
    question: string,
    ids: readonly string[],
    passage: (id: string) => Passage,
    signal: AbortSignal,
  ) => Promise<readonly number[]>;
  /** A careful look at few. */
  rate: (question: string, texts: readonly string[], signal: AbortSignal) => Promise<readonly number[]>;
  /** Hears of how many passages the careful look is asked for. */
  rates: (candidates: number) => void;
  similarity: (a: Passage, b: Passage) => number;
  emit: Emit;
}

/** How far retrieval is built: each step has those before it. */
export const STEPS = ['nothing', 'naive', 'chunked', 'filtered', 'hybrid', 'multi-stage', 're-ranked'] as const;
export type Step = (typeof STEPS)[number];

export interface KnowledgeIndex {
  pages: readonly Page[];
  passages: readonly Passage[];
  passage: (id: string) => Passage | undefined;
  search: (question: string, k: number, scope: Scope) => Promise<ScopedHits>;
  /** The same as it was after each step. */
  after: (step: Step, question: string, k: number, scope: Scope) => Promise<readonly Hit[]>;
}

const memoised = <T>(make: () => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** A page as a passage: what retrieval had before there were any. */
const wholePage = ({ id, text, metadata }: Page): Passage => ({
  id: `${id}#0-${text.length}`,
  page: id,
  start: 0,
  end: text.length,
  headings: [],
  text,
  metadata,
});

/** The pages, in passages. */
export function chunked(
  { createChunker }: Pick<KnowledgeSeams, 'createChunker'>,
  settings: KnowledgeSettings,
  ports: Pick<IndexPorts, 'countTokens'>,
  pages: readonly Page[],
): Passage[] {
  const chunker = createChunker(ports, settings.chunking);
  return pages.flatMap((page) => [...chunker.chunk(page)]);
}

/** Takes pages and their passages in, and wires the katas that find them. */
export async function createKnowledgeIndex(
  seams: KnowledgeSeams,
  settings: KnowledgeSettings,
  ports: IndexPorts,
  pages: readonly Page[],
  passages: readonly Passage[],
): Promise<KnowledgeIndex> {
  const { emit, embed } = ports;
  const wholes = pages.map(wholePage);
  const byId = new Map([...wholes, ...passages].map((passage) => [passage.id, passage]));
  const passage = (id: string): Passage => {
    const found = byId.get(id);
    if (!found) throw new Error(`no passage ${id}`);
    return found;
  };

  const vectors = async (of: readonly Passage[]): Promise<Search> => {
    const { model } = ports.model;
    const rag = seams.createNaiveRag({ embed, generate: async () => '', emit }, { ...ports.model, k: settings.k });
    const embedded = of.map((one) => ({ passage: one, ...ports.stored(one) }));
    const old = embedded.filter((one) => one.model !== model);
    await rag.add(embedded.filter((one) => one.model === model));
    for (const one of old)
      try {
        await rag.add([one]);
      } catch {
        await rag.add([{ passage: one.passage, ...(await embed(textToEmbed(one.passage))) }]);
      }
    return rag.search;
  };

  const scoped = (search: Search) => seams.createScopedSearch({ passages, search, emit }, settings.filter);
  const naive = memoised(() => vectors(wholes));
  const byVectors = await vectors(passages);
  const judged = ports.judged(passages);
  const hybrid = seams.createHybrid({ passages, vectors: byVectors, judged, emit }, settings.hybrid).search;
  const skim: Stage = {
    name: 'skim',
    ...settings.stages.middle,
    score: async (question, candidates, signal) => {
      const scores = await ports.skim(
        question,
        candidates.map(({ id }) => id),
        passage,
        signal,
      );
      return byScore(candidates.map(({ id }, n) => ({ id, score: scores[n] ?? 0 })));
    },
  };
  const reRank = seams.createReRanker(
    {
      textOf: (id) => textToEmbed(passage(id)),
      score: ports.rate,
      similarity: (a, b) => ports.similarity(passage(a), passage(b)),
      validFrom: (id) => Date.parse(passage(id).metadata.validFrom ?? '') || undefined,
      emit,
    },
    settings.reRanking,
  );
  const rate: Stage = {
    name: 're-rank',
    ...settings.stages.last,
    score: async (question, candidates) => {
      ports.rates(candidates.length);
      return (await reRank(question, candidates, settings.stages.last.keeps)).hits;
    },
  };
  const staged = (stages: readonly Stage[]): Search => {
    const multi = seams.createMultiStage({ first: hybrid, stages, emit }, settings.stages);
    return async (question, k, among) => (await multi.search(question, k, among)).hits;
  };
  const all = {
    filtered: scoped(byVectors),
    hybrid: scoped(hybrid),
    'multi-stage': scoped(staged([skim])),
    're-ranked': scoped(staged([skim, rate])),
  };

  return {
    pages,
    passages,
    passage: (id) => byId.get(id),
    search: all['re-ranked'],
    async after(step, question, k, scope) {
      if (step === 'nothing') return [];
      if (step === 'naive') return (await naive())(question, k);
      if (step === 'chunked') return byVectors(question, k);
      return (await all[step](question, k, scope)).hits;
    },
  };
}

const byScore = (hits: Hit[]): Hit[] => hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));

/** A passage with what it stands under: its words alone often don't say what they are about. */
export const textToEmbed = ({ headings, text }: Passage): string => `${headings.join(' > ')}\n${text}`;
