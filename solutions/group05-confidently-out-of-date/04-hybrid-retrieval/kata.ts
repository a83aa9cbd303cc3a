import { stemmer } from 'stemmer';
import type { Hit, JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid } from '#answerdesk/seams/hybrid.ts';

const K1 = 1.2;
const B = 0.75;
/** Fewer judged questions than this decide nothing. */
const ENOUGH = 10;
/** nDCG@10 that a retriever may cost before it is turned down. */
const NOISE = 0.01;
/** Turned down, not off: what only such a retriever found comes after all the rest. */
const LAST = 1e-6;

const STOP_WORDS = new Set(
  `a an and are as at be but by can do does for from had has have how i if in into is it its may my no not of on or our
  so such than that the their them then there these they this to us was we were what when where which who why will with
  would you your`.split(/\s+/),
);

/** A word by its stem, unless it says nothing. An identifier is a word, and so is each of its parts. */
function termsOf(word: string): string[] {
  const apart = word.replace(/([\p{Ll}\p{N}])(?=\p{Lu})/gu, '$1_').replace(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1_');
  const parts = apart.toLowerCase().split('_').filter(Boolean);
  const words = parts.length > 1 ? [word.toLowerCase(), ...parts] : parts;
  return words.filter((one) => !STOP_WORDS.has(one)).map(stemmer);
}
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}_]+/gu) ?? [];

const best = (hits: Hit[], k: number) => hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, k);
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** What a word is worth, by the passage that holds it. */
type Worth = Map<number, number>;

/** BM25. What a word is worth in a passage is worked out once. */
function keywordSearch(passages: readonly Passage[]): Search {
  const index = new Map<string, Worth>();
  const entries = new Map<string, Worth[]>();
  const entriesOf = (word: string): Worth[] => {
    const known = entries.get(word);
    if (known) return known;
    const found = termsOf(word).map((term) => index.get(term) ?? index.set(term, new Map()).get(term) ?? new Map());
    entries.set(word, found);
    return found;
  };
  const lengths = passages.map(({ headings, text }, n) => {
    const all = wordsOf(`${headings.join(' ')} ${text}`).flatMap(entriesOf);
    for (const entry of all) entry.set(n, (entry.get(n) ?? 0) + 1);
    return all.length;
  });
  const average = mean(lengths);
  for (const entry of index.values()) {
    const rarity = Math.log(1 + (passages.length - entry.size + 0.5) / (entry.size + 0.5));
    for (const [n, count] of entry) {
      const length = 1 - B + (B * (lengths[n] ?? 0)) / average;
      entry.set(n, (rarity * count * (K1 + 1)) / (count + K1 * length));
    }
  }
  const ids = passages.map(({ id }) => id);
  return async (question, k, among) => {
    const scores = new Map<number, number>();
    for (const term of wordsOf(question).flatMap(termsOf))
      for (const [n, worth] of index.get(term) ?? []) scores.set(n, (scores.get(n) ?? 0) + worth);
    const hits = Array.from(scores, ([n, score]) => ({ id: ids[n] ?? '', score }));
    return best(among ? hits.filter(({ id }) => among.has(id)) : hits, k);
  };
}

/** Linear gain. */
function ndcg(hits: readonly Hit[], relevant: JudgedQuestion['relevant']): number {
  const gain = (grades: readonly number[]) =>
    grades.slice(0, 10).reduce((sum, grade, n) => sum + grade / Math.log2(n + 2), 0);
  return gain(hits.map(({ id }) => relevant[id] ?? 0)) / gain(Object.values(relevant).sort((a, b) => b - a));
}

type Found = Record<'keywords' | 'vectors', readonly Hit[]>;
type Weights = Record<keyof Found, number>;
const ALIKE: Weights = { keywords: 1, vectors: 1 };
const WITHOUT: Record<keyof Found, Weights> = {
  keywords: { ...ALIKE, keywords: LAST },
  vectors: { ...ALIKE, vectors: LAST },
};

export const createHybrid: CreateHybrid = ({ passages, vectors, judged, emit }, { rankConstant, depth }) => {
  const keywords = keywordSearch(passages);
  const sample = judged.filter(({ relevant }) => Object.values(relevant).some((grade) => grade > 0));

  async function find(question: string, among?: ReadonlySet<string>, deep = depth): Promise<Found> {
    const [literal, similar] = await Promise.all([keywords(question, deep, among), vectors(question, deep, among)]);
    return { keywords: literal, vectors: similar };
  }
  /** Reciprocal rank fusion. */
  function fuse(found: Found, weights: Weights, k: number): Hit[] {
    const scores = new Map<string, number>();
    for (const by of ['keywords', 'vectors'] as const)
      for (const [n, { id }] of found[by].entries())
        scores.set(id, (scores.get(id) ?? 0) + weights[by] / (rankConstant + n + 1));
    const hits = Array.from(scores, ([id, score]) => ({ id, score }));
    return best(hits, k);
  }

  /** Whom to turn down, by the sample. Its classes count alike, however many questions there are of each. */
  async function judge(): Promise<Weights> {
    if (sample.length < ENOUGH) return ALIKE;
    const lists = await Promise.all(sample.map(({ text, among }) => find(text, among)));
    const figure = (weights: Weights) => {
      const figures = new Map<string, number[]>();
      sample.forEach(({ class: kind, relevant }, n) => {
        const one = ndcg(fuse(lists[n] as Found, weights, 10), relevant);
        figures.set(kind, [...(figures.get(kind) ?? []), one]);
      });
      return mean([...figures.values()].map(mean));
    };
    const [retriever, without] = (['keywords', 'vectors'] as const)
      .map((by) => [by, figure(WITHOUT[by])] as const)
      .reduce((one, other) => (other[1] > one[1] ? other : one));
    if (without <= figure(ALIKE) + NOISE) return ALIKE;
    emit({ type: 'RetrieverTurnedDown', data: { retriever } });
    return WITHOUT[retriever];
  }
  let judging: Promise<Weights> | undefined;
  const judgedOnce = () => {
    judging ??= judge().catch((error: unknown) => {
      judging = undefined;
      throw error;
    });
    return judging;
  };

  return {
    keywords,
    async search(question, k, among) {
      const found = await find(question, among, Math.max(depth, k));
      return fuse(found, await judgedOnce(), k);
    },
  };
};
