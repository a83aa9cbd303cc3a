// BM25 by hand without a stemmer, judged as soon as it is built, and weights in steps instead of a yes or no.
import type { Hit, JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid } from '#answerdesk/seams/hybrid.ts';

const tokensOf = (text: string): string[] => {
  const whole = text.match(/[A-Za-z0-9_]+/g) ?? [];
  const identifiers = whole.filter((word) => /_|[a-z][A-Z]/.test(word));
  const parts = identifiers.flatMap((word) => word.replace(/([a-z])([A-Z])/g, '$1_$2').split('_'));
  return [...whole, ...parts].filter((token) => token !== '').map((token) => token.toLowerCase());
};
const ranked = (scores: Iterable<readonly [string, number]>): Hit[] =>
  Array.from(scores, ([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));

function bm25(passages: readonly Passage[]): Search {
  const documents = passages.map(({ id, text }) => {
    const tokens = tokensOf(text);
    const counts = new Map<string, number>();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    return { id, counts, length: tokens.length };
  });
  const average = documents.reduce((sum, { length }) => sum + length, 0) / Math.max(1, documents.length);
  const holders = new Map<string, typeof documents>();
  for (const document of documents)
    for (const token of document.counts.keys()) {
      const list = holders.get(token);
      if (list) list.push(document);
      else holders.set(token, [document]);
    }
  return async (question, k, among) => {
    const scores = new Map<string, number>();
    for (const token of new Set(tokensOf(question))) {
      const found = holders.get(token) ?? [];
      const idf = Math.log(1 + (documents.length - found.length + 0.5) / (found.length + 0.5));
      for (const { id, counts, length } of found) {
        if (among && !among.has(id)) continue;
        const count = counts.get(token) ?? 0;
        const weight = (count * 2.2) / (count + 1.2 * (0.25 + 0.75 * (length / average)));
        scores.set(id, (scores.get(id) ?? 0) + idf * weight);
      }
    }
    return ranked(scores).slice(0, k);
  };
}

function ndcg(hits: readonly Hit[], relevant: JudgedQuestion['relevant']): number {
  const discount = (grades: number[]) => grades.reduce((sum, grade, n) => sum + grade / Math.log2(n + 2), 0);
  const ideal = Object.values(relevant).sort((a, b) => b - a);
  return discount(hits.slice(0, 10).map(({ id }) => relevant[id] ?? 0)) / discount(ideal.slice(0, 10));
}

/** Weights of keywords and vectors, the evenest first. */
const STEPS = [
  [1, 1],
  [1, 0.5],
  [0.5, 1],
  [1, 0.2],
  [0.2, 1],
  [1, 0],
  [0, 1],
] as const;
type Step = (typeof STEPS)[number];

export const createHybrid: CreateHybrid = ({ passages, vectors, judged, emit }, { rankConstant, depth }) => {
  const keywords = bm25(passages);
  const fuse = (lists: readonly (readonly Hit[])[], step: Step): Hit[] => {
    const scores = new Map<string, number>();
    lists.forEach((hits, by) => {
      hits.forEach(({ id }, n) => {
        scores.set(id, (scores.get(id) ?? 0) + (step[by] ?? 0) / (rankConstant + n + 1));
      });
    });
    return ranked(scores);
  };
  const both = (question: string, among?: ReadonlySet<string>, deep = depth) =>
    Promise.all([keywords(question, deep, among), vectors(question, deep, among)]);

  const learn = async (): Promise<Step> => {
    const answerable = judged.filter(({ relevant }) => Object.keys(relevant).length > 0);
    if (answerable.length < 10) return STEPS[0];
    const kinds = new Map<string, number>();
    for (const { class: kind } of answerable) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const figures = STEPS.map(() => 0);
    for (const { text, among, relevant, class: kind } of answerable) {
      const lists = await both(text, among);
      STEPS.forEach((step, n) => {
        const share = 1 / (kinds.size * (kinds.get(kind) ?? 1));
        figures[n] = (figures[n] ?? 0) + share * ndcg(fuse(lists, step), relevant);
      });
    }
    const of = (n: number) => figures[n] ?? 0;
    const single = of(5) >= of(6) ? 5 : 6;
    if (of(single) <= of(0) + 0.01) return STEPS[0];
    emit({ type: 'RetrieverTurnedDown', data: { retriever: single === 5 ? 'vectors' : 'keywords' } });
    const between = (single === 5 ? [1, 3] : [2, 4]).find((n) => of(n) > of(single) + 0.03);
    return STEPS[between ?? single] as Step;
  };
  let learning = learn();
  learning.catch(() => {});

  return {
    keywords,
    async search(question, k, among) {
      const mine = learning;
      const step = await mine.catch((error: unknown) => {
        if (mine === learning) {
          learning = learn();
          learning.catch(() => {});
        }
        throw error;
      });
      return fuse(await both(question, among, Math.max(depth, k)), step).slice(0, k);
    },
  };
};
