import { stemmer } from 'stemmer';
import type { Hit, JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import { loadLibrary, searchByVectors } from './hybrid-retrieval.ts';

const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[a-z0-9]+(?:_[a-z0-9]+)*/g) ?? []).filter((word) => word.length > 2);

const stems = new Map<string, string>();
function stemOf(word: string): string {
  const known = stems.get(word) ?? stemmer(word);
  stems.set(word, known);
  return known;
}

type Postings = Map<string, Map<string, number>>;

/** BM25 over the passages' text (k1 1.2, b 0.75). */
function byWords(passages: readonly Passage[]): Search {
  const postings: Postings = new Map();
  const lengths = new Map<string, number>();
  for (const { id, text } of passages) {
    const words = wordsOf(text).map(stemOf);
    lengths.set(id, words.length);
    for (const word of words) {
      const holders = postings.get(word) ?? new Map<string, number>();
      holders.set(id, (holders.get(id) ?? 0) + 1);
      postings.set(word, holders);
    }
  }
  const usual = [...lengths.values()].reduce((sum, n) => sum + n, 0) / lengths.size;
  return async (question, k, among) => {
    const scores = new Map<string, number>();
    for (const word of new Set(wordsOf(question).map(stemOf))) {
      const holders = postings.get(word);
      if (!holders) continue;
      const idf = Math.log(1 + (lengths.size - holders.size + 0.5) / (holders.size + 0.5));
      for (const [id, count] of holders) {
        if (among && !among.has(id)) continue;
        const norm = 1.2 * (0.25 + (0.75 * (lengths.get(id) ?? 0)) / usual);
        scores.set(id, (scores.get(id) ?? 0) + (idf * count * 2.2) / (count + norm));
      }
    }
    return bestOf(scores, k);
  };
}

const bestOf = (scores: ReadonlyMap<string, number>, k: number): Hit[] =>
  [...scores]
    .map(([id, score]) => ({ id, score }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, k);

interface Desk {
  passages: ReadonlyMap<string, Passage>;
  questions: ReadonlyMap<string, JudgedQuestion>;
  /** As in production on that day: words and vectors by equal weights (reciprocal ranks, 60). */
  first: Search;
  /** How good each passage is for the question by the words alone: a cheap second look. */
  words: Search;
}
let desk: Desk | undefined;

/** The first search of the day over a part of the documentation. Built once a thread; what it found is kept. */
export function firstSearch(): Desk {
  if (desk) return desk;
  const { passages, questions } = loadLibrary();
  const words = byWords(passages);
  const vectors = searchByVectors(passages);
  const search: Search = async (question, _k, among) =>
    fused([await words(question, 200, among), await vectors(question, 200, among)]);
  const first = remembered(search);
  desk = {
    passages: new Map(passages.map((passage) => [passage.id, passage])),
    questions,
    first,
    words: remembered(words),
  };
  return desk;
}

/** What a search found is kept: days differ in their questions' order, not in what is found for them. */
function remembered(search: Search): Search {
  const found = new Map<string, Map<ReadonlySet<string> | undefined, readonly Hit[]>>();
  return async (question, k, among) => {
    const kept = found.get(question) ?? new Map<ReadonlySet<string> | undefined, readonly Hit[]>();
    found.set(question, kept);
    const all = kept.get(among) ?? (await search(question, 400, among));
    kept.set(among, all);
    return all.slice(0, k).map((hit) => ({ ...hit }));
  };
}

function fused(lists: readonly (readonly Hit[])[]): Hit[] {
  const sums = new Map<string, number>();
  for (const list of lists) list.forEach(({ id }, n) => void sums.set(id, (sums.get(id) ?? 0) + 1 / (61 + n)));
  return bestOf(sums, 400);
}

const texts = new Map<string, string>();
/** A passage as scorers read it: under its headings. */
export function readable({ id, headings, text }: Passage): string {
  const known = texts.get(id) ?? `${headings.join('\n')}\n${text}`;
  texts.set(id, known);
  return known;
}
