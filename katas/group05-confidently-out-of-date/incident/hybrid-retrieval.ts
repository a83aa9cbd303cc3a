import type { SeamEvent } from '#answerdesk/domain.ts';
import type { Hit, JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid, HybridSearch, HybridSettings } from '#answerdesk/seams/hybrid.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Recording } from '#kit/events.ts';
import { between, roll, shuffled } from '#kit/seeded.ts';
import { must, type Run } from '#kit/suite.ts';
import { DIMENSIONS, embed } from './embedding.ts';
import type { Tenant } from './library.ts';
import { type Ask, asks, judgedOn } from './questions.ts';
import { sections } from './sections.ts';

export const CLASSES = ['exact-identifier', 'version-sensitive', 'multi-passage', 'paraphrase'] as const;
export const inProduction: HybridSettings = { rankConstant: 60, depth: 50 };

/** Of the passages that answer nothing, one in so many is kept: enough to be in the way. */
const ONE_IN = 5;
const HOURS = 3_600_000;

const mayBeSeenBy =
  ({ tenant, major }: Tenant) =>
  ({ metadata }: Passage): boolean =>
    [tenant, 'everyone'].includes(metadata.tenant ?? '') && metadata.version?.startsWith(`${major}.`) === true;

interface Library {
  passages: readonly Passage[];
  /** Every answerable question by everyone who asks it, among what he may see. */
  questions: ReadonlyMap<string, JudgedQuestion>;
}
let library: Library | undefined;
/** A part of the documentation, with all that answers something. */
export function loadLibrary(): Library {
  if (library) return library;
  const asked = asks('visible').filter(({ class: kind }) => CLASSES.includes(kind as (typeof CLASSES)[number]));
  const byPage = new Map<string, Passage[]>();
  for (const passage of sections()) byPage.set(passage.page, [...(byPage.get(passage.page) ?? []), passage]);
  const judged = asked.map((ask) => [ask, judgedOn(placesOf(ask, byPage), ask)] as const);
  const gold = new Set(judged.flatMap(([, { relevant }]) => Object.keys(relevant)));
  const passages = sections().filter(({ id }, n) => gold.has(id) || n % ONE_IN === 0);
  const seen = new Map<string, ReadonlySet<string>>();
  const seenBy = (tenant: Tenant) => {
    const ids = seen.get(tenant.tenant) ?? new Set(passages.filter(mayBeSeenBy(tenant)).map(({ id }) => id));
    seen.set(tenant.tenant, ids);
    return ids;
  };
  const questions = judged
    .filter(([, { relevant }]) => Object.keys(relevant).length > 0)
    .map(([ask, question]) => [question.id, { ...question, among: seenBy(ask.tenant) }] as const);
  library = { passages, questions: new Map(questions) };
  return library;
}
const placesOf = ({ claims }: Ask, byPage: ReadonlyMap<string, Passage[]>): Passage[] => {
  const pages = new Set(claims.flatMap(({ gold }) => gold.map(({ page }) => page)));
  return [...pages].flatMap((page) => byPage.get(page) ?? []);
};

/** Half of the questions were judged before the day, as one tenant of each major asks them. The day brings the others. */
const JUDGES = ['larkspur', 'northwind', 'vantelle'];
const wasJudged = (ask: string) => roll(16, `judged ${ask.slice(0, ask.indexOf('/'))}`) < 0.5;
export const judgedBefore = (): JudgedQuestion[] =>
  [...loadLibrary().questions.values()].filter(({ id }) => wasJudged(id) && JUDGES.some((by) => id.endsWith(`/${by}`)));
export const neverJudged = (): JudgedQuestion[] =>
  [...loadLibrary().questions.values()].filter(({ id }) => !wasJudged(id));

/** A search by the cosine of vectors that somebody computed. */
export function searchByVectors(passages: readonly Passage[]): Search {
  const vectors = passages.map(({ id, text }) => ({ id, vector: embed(text) }));
  return async (question, k, among) => {
    const asked = embed(question);
    const hits: Hit[] = [];
    for (const { id, vector } of vectors) {
      if (among && !among.has(id)) continue;
      let score = 0;
      for (let d = 0; d < DIMENSIONS; d++) score += (asked[d] as number) * (vector[d] as number);
      hits.push({ id, score });
    }
    return hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, k);
  };
}

/** nDCG@10, linear. */
export function ndcg(hits: readonly Hit[], { relevant }: JudgedQuestion): number {
  const gain = (grades: readonly number[]) =>
    grades.slice(0, 10).reduce((sum, grade, n) => sum + grade / Math.log2(n + 2), 0);
  return gain(hits.map(({ id }) => relevant[id] ?? 0)) / gain(Object.values(relevant).sort((a, b) => b - a));
}

/** A question of the day. Times in milliseconds since it began. */
export interface Searched {
  at: number;
  question: JudgedQuestion;
  event?: number;
}
/** Forty questions in six hours, as many of each class. */
export function day(seed: number): Searched[] {
  const asked = CLASSES.flatMap((kind) => {
    const those = neverJudged().filter((question) => question.class === kind);
    return shuffled(seed, `asked ${kind}`, those).slice(0, 10);
  });
  return shuffled(seed, 'order', asked).map((question, n) => ({
    at: Math.floor(((n + 0.5) * 6 * HOURS) / asked.length) + between(seed, `at ${n}`, -150_000, 150_000),
    question,
  }));
}
/** The same day from its recording. */
export function recordedDay({ events, at }: Recording): Searched[] {
  const { questions } = loadLibrary();
  return events
    .filter(({ type }) => type === 'QuestionSearched')
    .flatMap((event) => {
      const question = questions.get(String(event.data['ask']));
      return question ? [{ at: at(event), question, event: event.id }] : [];
    });
}

export interface Ranked extends Searched {
  /** Why nothing came back, where nothing did. */
  failure?: string;
  keywords: readonly Hit[];
  vectors: readonly Hit[];
  fused: readonly Hit[];
}
/** What can't be indexed is a broken rule and not a crash of the suite. */
export const indexed =
  (createHybrid: CreateHybrid): CreateHybrid =>
  (...asked) => {
    try {
      return createHybrid(...asked);
    } catch (error) {
      must(false, `the passages could not be indexed: ${(error as Error)?.message}`);
    }
  };

interface Desk {
  hybrid: HybridSearch;
  vectors: Search;
  turnedDown: string[];
}
const desks = new Map<CreateHybrid, Desk>();
/** The desk's search over the library, with what was judged before. Built once: the days differ, the library doesn't. */
export function openDesk(createHybrid: CreateHybrid): Desk {
  const known = desks.get(createHybrid);
  if (known) return known;
  const passages = structuredClone(loadLibrary().passages);
  const vectors = searchByVectors(passages);
  const judged = judgedBefore();
  const turnedDown: string[] = [];
  let [searches, asked] = [0, 0];
  const counted: Search = (...one) => {
    const most = 3 * judged.length + 4 * searches;
    must(
      ++asked <= most,
      () => `${searches} questions and a sample of ${judged.length} took ${asked} searches by vectors`,
    );
    return vectors(...one);
  };
  const emit = ({ data }: SeamEvent) => void turnedDown.push(String(data['retriever']));
  const hybrid = indexed(createHybrid)({ passages, vectors: counted, judged, emit }, { ...inProduction });
  const search: Search = (...one) => {
    searches++;
    return hybrid.search(...one);
  };
  const desk = {
    hybrid: { keywords: (...one: Parameters<Search>) => hybrid.keywords(...one), search },
    vectors,
    turnedDown,
  };
  desks.set(createHybrid, desk);
  return desk;
}

/** What the vectors find doesn't change. */
const byVectors = new Map<string, readonly Hit[]>();

export async function playDay(scene: readonly Searched[], { clock, history }: Run, createHybrid: CreateHybrid) {
  const { hybrid, vectors } = openDesk(createHybrid);
  const vectorsFor = async (question: JudgedQuestion) => {
    const hits = byVectors.get(question.id) ?? (await vectors(question.text, 10, question.among));
    byVectors.set(question.id, hits);
    return hits;
  };
  const ranked: Promise<Ranked>[] = [];
  const search = async (searched: Searched): Promise<Ranked> => {
    const { id, class: kind, text, among } = searched.question;
    const causationId = history.record({ stream: id, type: 'QuestionSearched', data: { ask: id, class: kind } });
    const lists = {
      fused: [] as readonly Hit[],
      keywords: [] as readonly Hit[],
      vectors: await vectorsFor(searched.question),
    };
    try {
      lists.fused = await hybrid.search(text, 10, among);
      lists.keywords = await hybrid.keywords(text, 10, among);
    } catch (error) {
      return { ...searched, ...lists, failure: (error as Error)?.message ?? String(error) };
    }
    const rank = (hits: readonly Hit[]) => hits.findIndex((hit) => searched.question.relevant[hit.id]) + 1 || null;
    const { fused, keywords } = lists;
    const ranks = { keywords: rank(keywords), vectors: rank(lists.vectors), fused: rank(fused) };
    const data = { first: fused[0]?.id ?? null, ...ranks };
    history.record({ stream: id, type: 'PassagesRanked', data, causationId });
    return { ...searched, ...lists };
  };
  arriveInTurn([...scene], (searched) => {
    ranked.push(search(searched));
  });
  await clock.advance(6 * HOURS);
  return Promise.all(ranked);
}
