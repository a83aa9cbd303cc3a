import { readFileSync } from 'node:fs';

/** What the model's name says of it: its teacher, what its tokens are, its dimensions. */
export const EMBEDDING_MODEL = 'use-lite-words-128';
export const DIMENSIONS = 128;

/** The model's own tokens: words in lower case, with identifiers taken apart (`bodyLimit`: body, limit). */
export function wordsOf(text: string): string[] {
  const apart = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return apart.toLowerCase().match(/[a-z]+|[0-9]+/g) ?? [];
}

/** One `EmbeddingRecorded` event: some words with their vectors, int8, one after the other, base64. */
interface RecordedVectors {
  data: { model: string; scale: number; words: string[]; vectors: string };
}

let vectors: Map<string, Int8Array> | undefined;

function loaded(): Map<string, Int8Array> {
  if (vectors) return vectors;
  vectors = new Map();
  const lines = readFileSync(new URL('./corpus/embeddings.jsonl', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean);
  for (const line of lines) {
    const { words, vectors: packed } = (JSON.parse(line) as RecordedVectors).data;
    const bytes = new Int8Array(Uint8Array.from(Buffer.from(packed, 'base64')).buffer);
    words.forEach((word, n) => {
      vectors?.set(word, bytes.subarray(n * DIMENSIONS, (n + 1) * DIMENSIONS));
    });
  }
  return vectors;
}

/**
 * The vector of any text, of length 1: the sum of its words', which were recorded from a sentence encoder. A text of
 * which no word is known is all zeros. Costs about a microsecond a word.
 */
export function embed(text: string): Float32Array {
  const known = loaded();
  const sum = new Float32Array(DIMENSIONS);
  for (const word of wordsOf(text)) {
    const vector = known.get(word);
    if (vector) for (let d = 0; d < DIMENSIONS; d++) sum[d] = (sum[d] as number) + (vector[d] as number);
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((x) => x / length);
}
