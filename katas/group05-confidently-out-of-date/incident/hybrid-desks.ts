import type { JudgedQuestion, Passage, Search } from '#answerdesk/knowledge.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';

/** Small knowledge bases of words that mean nothing, in which each list can be told beforehand. */

export const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
export const at = (n: number) => `p-${String(n).padStart(3, '0')}`;
export const joined = (...parts: (string | string[])[]) => parts.flat().join(' ');
export const passage = (id: string, text: string): Passage => ({
  id,
  page: id,
  start: 0,
  end: text.length,
  headings: [],
  text,
  metadata: {},
});

const SYLLABLES = ['ba', 'ko', 'mi', 'tu', 're', 'lo', 'du', 'va', 'ni', 'po'] as const;
/** Words that no stemmer shortens, none of them twice. */
export function words(seed: number, name = ''): (count: number) => string[] {
  const from = between(seed, `words ${name}`, 0, 9_999);
  let made = 0;
  const word = (n: number) => [n, n / 10, n / 100, n / 1_000].map((x) => SYLLABLES[Math.floor(x) % 10]).join('');
  return (count) => times(count, () => `${word((from + 7 * made++) % 10_000)}k`);
}

/** Words that no question has, the same ones again and again: new ones would only cost every answer time. */
function filler(some: (count: number) => string[]): (count: number) => string[] {
  const pool = some(100);
  let next = 0;
  return (count) => times(count, () => pool[next++ % pool.length] as string);
}

/** A search that gives the same list for every question, with scores that fall evenly, on any scale. */
export function fixed(order: readonly string[], scale = { by: 1, from: 0 }): Search {
  const hits = order.map((id, n) => ({ id, score: scale.from + scale.by * (1 - n / (order.length + 1)) }));
  return async (_, k, among) => hits.filter(({ id }) => !among || among.has(id)).slice(0, k);
}

/** Passages that hold the question's word, the earlier the shorter; and as many that don't. */
export function twoLists(seed: number, count: number) {
  const some = words(seed);
  const [asked = ''] = some(1);
  const fill = filler(some);
  const literal = times(count, (n) => at(n * 2));
  const similar = times(count, (n) => at(n * 2 + 1));
  const passages = [
    ...literal.map((id, n) => passage(id, joined(asked, fill(10 + n * 2)))),
    ...similar.map((id) => passage(id, joined(fill(20)))),
  ];
  return { asked, literal, similar, passages: shuffled(seed, 'two lists', passages) };
}

/** One passage that stands deep in both lists, behind others that stand in one of them only. */
export function deepInBoth(seed: number, ranks: { keywords: number; vectors: number }, shape: 'flat' | 'steep') {
  const some = words(seed);
  const asked = some(5);
  const fill = filler(some);
  const both = at(900);
  const held = (rank: number) => (shape === 'flat' || rank === 1 ? asked : asked.slice(0, 1));
  const literal = times(ranks.keywords, (n) =>
    passage(n + 1 === ranks.keywords ? both : at(n), joined(held(n + 1), fill(5 + 3 * n))),
  );
  const tail = times(10, (n) => passage(at(100 + n), joined(asked.slice(0, 1), fill(60 + n))));
  const similar = times(24, (n) => at(200 + n));
  const order = [...similar.slice(0, ranks.vectors - 1), both, ...similar.slice(ranks.vectors - 1)];
  const score = (n: number) => (shape === 'flat' ? 1 - n / 40 : n === 0 ? 1 : 0.3 - n / 100);
  const hits = order.map((id, n) => ({ id, score: score(n) }));
  const vectors: Search = async (_, k) => hits.slice(0, k);
  const passages = [...literal, ...tail, ...similar.map((id) => passage(id, joined(fill(12))))];
  return { passages: shuffled(seed, 'deep', passages), vectors, both, question: joined(asked) };
}

export type Kind = 'exact' | 'paraphrase';
export type Place = 'first' | 'last' | 'anywhere';

/**
 * Questions of two kinds, of which some were judged. An exact one has a word that stands in its passage only, so that
 * keywords find it first; a paraphrase has none of its passage's words, and some of others'.
 */
export function desk(seed: number, name: string, judged: Partial<Record<Kind, number>>) {
  const some = words(seed, name);
  const common = some(24);
  const fill = filler(some);
  const texts = shuffled(seed, `ids ${name}`, times(110, at)).map((id, n) => {
    // Of many lengths, so that hardly any two are scored alike.
    const [own = ''] = some(1);
    const rest = fill(7 + ((n * 7) % 30));
    const shared = [0, 7, 14].map((step) => common[(n + step) % 24] as string);
    return { id, own, shared, text: joined(rest, own, shared) };
  });
  type Text = (typeof texts)[number];
  const among = roll(seed, `among ${name}`) < 0.5 && { among: new Set(texts.slice(0, 90).map(({ id }) => id)) };
  const questionOn = (kind: Kind, { id, own, shared }: Text): JudgedQuestion => {
    const others = shuffled(
      seed,
      `asks ${id}`,
      common.filter((word) => !shared.includes(word)),
    ).slice(0, kind === 'exact' ? 1 : 2);
    const asked = [...others, ...(kind === 'exact' ? [own] : some(1))];
    const relevant = { [id]: pick(seed, `grade ${id}`, [1, 2]) };
    return { id: `${kind} ${id}`, class: kind, text: joined(shuffled(seed, id, asked)), relevant, ...among };
  };
  const subjects = [...texts];
  const take = (kind: Kind, count: number) => subjects.splice(0, count).map((subject) => questionOn(kind, subject));
  const kinds = Object.entries(judged) as [Kind, number][];
  const sample = kinds.flatMap(([kind, count]) => take(kind, count));
  const asked = kinds.flatMap(([kind]) => take(kind, 6));
  const nobodyKnows = times(3, (n) => ({
    id: `u-${n}`,
    class: 'unanswerable',
    text: joined(some(3)),
    relevant: {},
    ...among,
  }));
  const known = new Map([...sample, ...asked].map((question) => [question.text, question]));
  return {
    passages: texts.map(({ id, text }) => passage(id, text)),
    judged: shuffled(seed, `sample ${name}`, [...sample, ...nobodyKnows]),
    asked,
    /** Vectors that put the passage that answers somewhere, by the question's kind, among others that lack its words. */
    vectors: (place: (kind: Kind) => Place): Search => {
      const scale = { by: 10 ** between(seed, `by ${name}`, -2, 3), from: between(seed, `from ${name}`, -3, 3) };
      const searches = new Map<string, Search>();
      const searchFor = (question: string): Search => {
        const { relevant = {}, class: kind } = known.get(question) ?? {};
        const where = place(kind as Kind);
        const said = question.split(' ');
        const lacks = ({ text }: Text) => said.every((word) => !text.includes(word));
        // Another order for each question, and cheaper than a shuffle.
        const step = pick(seed, `step ${question}`, [3, 7, 9, 13, 17, 19, 21, 23, 27]);
        const from = between(seed, `from ${question}`, 0, texts.length - 1);
        const order = texts
          .map((_, n) => texts[(from + n * step) % texts.length] as Text)
          .filter((text) => where === 'anywhere' || relevant[text.id] || lacks(text))
          .map(({ id }) => id);
        const answers = order.filter((id) => relevant[id]);
        const others = order.filter((id) => !relevant[id]);
        const put = { anywhere: order, first: [...answers, ...others], last: [...others, ...answers] };
        return fixed(put[where], scale);
      };
      return async (question, k, seen) => {
        const search = searches.get(question) ?? searchFor(question);
        searches.set(question, search);
        return search(question, k, seen);
      };
    },
  };
}
