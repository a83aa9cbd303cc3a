// wink-bm25-text-search for the words; scores of both lists put on one scale and added, weighed by what the sample says.
import { stemmer } from 'stemmer';
// @ts-expect-error It has no types.
import winkBm25Search from 'wink-bm25-text-search';
import type { Hit, JudgedQuestion, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid } from '#answerdesk/seams/hybrid.ts';

interface Wink {
  defineConfig: (config: { fldWeights: Record<string, number>; bm25Params: object; ovFldNames: string[] }) => void;
  definePrepTasks: (tasks: ((text: string) => string[])[]) => void;
  addDoc: (fields: Record<string, string>, id: string) => void;
  consolidate: (precision: number) => void;
  search: (
    text: string,
    limit: number,
    filter: (fields: { id: string }, among?: ReadonlySet<string>) => boolean,
    among?: ReadonlySet<string>,
  ) => [string, number][];
}
const winkBm25 = winkBm25Search as () => Wink;

const stems = (text: string): string[] =>
  (text.match(/\w+/g) ?? []).flatMap((word) => {
    const parts = word
      .split(/_|(?<=[a-z\d])(?=[A-Z])/)
      .filter((part) => part !== '')
      .map((part) => stemmer(part.toLowerCase()));
    return parts.length > 1 ? [stemmer(word.toLowerCase()), ...parts] : parts;
  });

const sorted = (hits: Hit[]) => hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));

/** The best of a list is 1, its last one 0. */
function normalised(hits: readonly Hit[]): Map<string, number> {
  const low = Math.min(...hits.map(({ score }) => score));
  const high = Math.max(...hits.map(({ score }) => score));
  return new Map(hits.map(({ id, score }) => [id, high > low ? (score - low) / (high - low) : 1]));
}

interface Lists {
  keywords: readonly Hit[];
  vectors: readonly Hit[];
}
/** `share`: of the vectors, 0 to 1. */
function fused({ keywords, vectors }: Lists, share: number): Hit[] {
  const scores = new Map<string, number>();
  for (const [list, weight] of [
    [keywords, 1 - share],
    [vectors, share],
  ] as const)
    for (const [id, score] of normalised(list)) scores.set(id, (scores.get(id) ?? 0) + weight * score);
  return sorted(Array.from(scores, ([id, score]) => ({ id, score })));
}

const dcg = (grades: readonly number[]) => grades.slice(0, 10).reduce((sum, one, n) => sum + one / Math.log2(n + 2), 0);
function qualityOf(hits: readonly Hit[], { relevant }: JudgedQuestion): number {
  const best = dcg(Object.values(relevant).sort((a, b) => b - a));
  return dcg(hits.map(({ id }) => relevant[id] ?? 0)) / best;
}

export const createHybrid: CreateHybrid = ({ passages, vectors, judged, emit }, { depth }) => {
  const wink = winkBm25();
  wink.defineConfig({ fldWeights: { text: 1 }, bm25Params: { k1: 1.2, b: 0.75 }, ovFldNames: ['id'] });
  wink.definePrepTasks([stems]);
  for (const { id, text } of passages) wink.addDoc({ id, text }, id);
  // It refuses fewer than three.
  for (let n = passages.length; n < 3; n++) wink.addDoc({ id: `none-${n}`, text: '' }, `none-${n}`);
  wink.consolidate(9);

  const keywords: Search = async (question, k, among) => {
    const seen = ({ id }: { id: string }, only?: ReadonlySet<string>) => only === undefined || only.has(id);
    const found = wink.search(question, passages.length, seen, among);
    return sorted(found.map(([id, score]) => ({ id, score }))).slice(0, k);
  };
  const lists = async (question: string, among?: ReadonlySet<string>, k = 0): Promise<Lists> => ({
    keywords: await keywords(question, Math.max(depth, k), among),
    vectors: await vectors(question, Math.max(depth, k), among),
  });

  async function learn(): Promise<number> {
    const sample = judged.filter(({ relevant }) => Object.keys(relevant).length > 0);
    if (sample.length < 10) return 0.5;
    const found = await Promise.all(sample.map(({ text, among }) => lists(text, among)));
    const classes = [...new Set(sample.map((question) => question.class))];
    const quality = (share: number) => {
      const each = sample.map((question, n) => qualityOf(fused(found[n] as Lists, share), question));
      const means = classes.map((kind) => {
        const those = each.filter((_, n) => sample[n]?.class === kind);
        return those.reduce((sum, one) => sum + one, 0) / those.length;
      });
      return means.reduce((sum, one) => sum + one, 0) / means.length;
    };
    const alike = quality(0.5);
    const alone = quality(0) >= quality(1) ? 0 : 1;
    if (quality(alone) <= alike + 0.01) return 0.5;
    emit({ type: 'RetrieverTurnedDown', data: { retriever: alone === 0 ? 'vectors' : 'keywords' } });
    // A little of the other, where the sample is answered better with it.
    const little = alone === 0 ? 0.1 : 0.9;
    return quality(little) > quality(alone) + 0.02 ? little : alone;
  }

  let learnt: Promise<number> | null = null;
  return {
    keywords,
    search: async (question, k, among) => {
      if (!learnt) learnt = learn();
      let share: number;
      try {
        share = await learnt;
      } catch {
        // The vectors are down: words must do for now.
        learnt = null;
        return keywords(question, k, among);
      }
      return fused(await lists(question, among, k), share).slice(0, k);
    },
  };
};
