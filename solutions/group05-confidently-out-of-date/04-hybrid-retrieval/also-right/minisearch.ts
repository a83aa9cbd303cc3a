// MiniSearch for the words, reciprocal ranks, and a verdict that is told by comparing three lists.
import MiniSearch from 'minisearch';
import type { Hit, JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid, HybridPorts, HybridSearch, HybridSettings } from '#answerdesk/seams/hybrid.ts';

/** MiniSearch's own tokenizer splits at underscores. */
function tokenize(text: string): string[] {
  const tokens: string[] = [];
  for (const [word] of text.matchAll(/\w+/g)) {
    tokens.push(word.toLowerCase());
    const parts = word.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
    if (parts.length > 1) tokens.push(...parts.map((part) => part.toLowerCase()));
  }
  return tokens;
}

const byScore = (a: Hit, b: Hit) => b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

class Hybrid implements HybridSearch {
  readonly #ports: HybridPorts;
  readonly #settings: HybridSettings;
  readonly #index = new MiniSearch<Passage>({
    fields: ['text'],
    tokenize,
    processTerm: (term) => term,
    searchOptions: { bm25: { k: 1.2, b: 0.75, d: 0 }, combineWith: 'OR' },
  });
  #left: Promise<'keywords' | 'vectors' | 'both'> | undefined;

  constructor(ports: HybridPorts, settings: HybridSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#index.addAll(ports.passages);
  }

  keywords: Search = async (question, k, among) => {
    const options = among ? { filter: ({ id }: { id: string }) => among.has(id) } : {};
    const found = this.#index.search(question, options);
    return found
      .map(({ id, score }): Hit => ({ id, score }))
      .sort(byScore)
      .slice(0, k);
  };

  search: Search = async (question, k, among) => {
    this.#left ??= this.#judge();
    const left = await this.#left.catch((error: unknown) => {
      this.#left = undefined;
      throw error;
    });
    return this.#ranked(await this.#lists(question, among, k), left).slice(0, k);
  };

  async #lists(question: string, among: ReadonlySet<string> | undefined, atLeast = 0) {
    const depth = Math.max(atLeast, this.#settings.depth);
    const keywords = await this.keywords(question, depth, among);
    return { keywords, vectors: await this.#ports.vectors(question, depth, among) };
  }

  #ranked(lists: { keywords: readonly Hit[]; vectors: readonly Hit[] }, left: 'keywords' | 'vectors' | 'both'): Hit[] {
    const fused = new Map<string, number>();
    for (const by of ['keywords', 'vectors'] as const) {
      if (left !== 'both' && left !== by) continue;
      lists[by].forEach(({ id }, n) => {
        fused.set(id, (fused.get(id) ?? 0) + 1 / (this.#settings.rankConstant + n + 1));
      });
    }
    return [...fused].map(([id, score]) => ({ id, score })).sort(byScore);
  }

  async #judge() {
    const sample = this.#ports.judged.filter(({ relevant }) => Object.keys(relevant).length > 0);
    if (sample.length < 10) return 'both';
    const totals = new Map<string, { questions: number; both: number; keywords: number; vectors: number }>();
    for (const question of sample) {
      const lists = await this.#lists(question.text, question.among);
      const sum = totals.get(question.class) ?? { questions: 0, both: 0, keywords: 0, vectors: 0 };
      totals.set(question.class, sum);
      sum.questions++;
      for (const left of ['both', 'keywords', 'vectors'] as const)
        sum[left] += discounted(this.#ranked(lists, left), question);
    }
    const mean = (left: 'both' | 'keywords' | 'vectors') =>
      [...totals.values()].reduce((sum, one) => sum + one[left] / one.questions, 0) / totals.size;
    const better = mean('keywords') >= mean('vectors') ? 'keywords' : 'vectors';
    if (mean(better) - mean('both') < 0.015) return 'both';
    const retriever = better === 'keywords' ? 'vectors' : 'keywords';
    this.#ports.emit({ type: 'RetrieverTurnedDown', data: { retriever } });
    return better;
  }
}

function discounted(hits: readonly Hit[], { relevant }: JudgedQuestion): number {
  let gain = 0;
  let ideal = 0;
  for (const [n, grade] of Object.values(relevant)
    .sort((a, b) => b - a)
    .slice(0, 10)
    .entries())
    ideal += grade / Math.log2(n + 2);
  for (const [n, { id }] of hits.slice(0, 10).entries()) gain += (relevant[id] ?? 0) / Math.log2(n + 2);
  return gain / ideal;
}

export const createHybrid: CreateHybrid = (ports, settings) => new Hybrid(ports, settings);
