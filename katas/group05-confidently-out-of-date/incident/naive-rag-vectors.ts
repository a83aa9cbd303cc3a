import type { Passage } from '#answerdesk/knowledge.ts';
import type { EmbeddedPassage } from '#answerdesk/seams/naive-rag.ts';
import { between, pick } from '#kit/seeded.ts';

export const MODEL = 'tiny-3';

/** A passage that says something of its own; its id tells nothing of its place. */
export function passage(seed: number, id: string, text = `What ${id} says: ${between(seed, id, 1e6, 9e6)}.`): Passage {
  const start = between(seed, `start ${id}`, 0, 5_000);
  const page = `page-${between(seed, `page ${id}`, 1, 9)}.md`;
  return { id, page, start, end: start + text.length, headings: [], text, metadata: {} };
}
type Vectors = Record<string, ArrayLike<number>> | readonly (readonly [string, ArrayLike<number>])[];
const entriesOf = (vectors: Vectors) =>
  (Array.isArray(vectors) ? vectors : Object.entries(vectors)) as [string, ArrayLike<number>][];
/** Passages with these vectors, in this order. */
export const tiny = (seed: number, vectors: Vectors, model = MODEL): EmbeddedPassage[] =>
  entriesOf(vectors).map(([id, vector]) => ({ model, vector, passage: passage(seed, id) }));

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let [sum, left, right] = [0, 0, 0];
  for (let d = 0; d < a.length; d++) {
    const [x, y] = [a[d] as number, b[d] as number];
    sum += x * y;
    left += x * x;
    right += y * y;
  }
  return sum / Math.sqrt(left * right);
};
/** Nearer than this can't be told apart by whoever computes with single precision. */
const EPSILON = 1e-5;

/** What is wrong with this list of the `k` nearest, in words. */
export function misranked(
  ids: readonly string[],
  among: readonly EmbeddedPassage[],
  asked: ArrayLike<number>,
  k: number,
) {
  const near = new Map(among.map((entry) => [entry.passage.id, cosine(entry.vector, asked)]));
  const wanted = Math.min(k, among.length);
  if (ids.length !== wanted || new Set(ids).size !== wanted)
    return `${ids.length} passages were found, ${wanted} could be`;
  const stranger = ids.find((id) => !near.has(id));
  if (stranger !== undefined) return `${stranger} was found and isn't in the index`;
  const cosines = ids.map((id) => near.get(id) as number);
  const late = cosines.findIndex((one, n) => one > (cosines[n - 1] ?? 1) + EPSILON);
  if (late >= 0) return `${ids[late]} is nearer than ${ids[late - 1]} and stands after it`;
  const last = cosines.at(-1) ?? 1;
  const left = [...near].find(([id, one]) => !ids.includes(id) && one > last + EPSILON);
  return left && `${left[0]} is nearer than ${ids.at(-1)} and was left out`;
}

/** The same entry, and what is wrong with its vector. */
export const spoilt = (seed: number, how: string, entry: EmbeddedPassage): EmbeddedPassage => {
  const vector = Array.from(entry.vector);
  const d = between(seed, `spoilt ${how}`, 0, 2);
  if (how === 'of another model') return { ...entry, model: pick(seed, how, ['tiny-3-2025', 'tiny', '']) };
  if (how === 'of a model that is spelled in capitals') return { ...entry, model: entry.model.toUpperCase() };
  if (how === 'too short') return { ...entry, vector: vector.slice(0, d) };
  if (how === 'too long') return { ...entry, vector: [...vector, 0] };
  if (how === 'without a direction') return { ...entry, vector: [0, 0, 0] };
  return { ...entry, vector: vector.map((x, n) => (n === d ? Number(how) : x)) };
};
export const BAD = [
  'of another model',
  'of a model that is spelled in capitals',
  'too short',
  'too long',
  'NaN',
  'Infinity',
  '-Infinity',
] as const;
