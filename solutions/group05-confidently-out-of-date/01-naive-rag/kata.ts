import type { Passage } from '#answerdesk/knowledge.ts';
import type { CreateNaiveRag, Embedding, NaiveRagSettings, RagAnswer } from '#answerdesk/seams/naive-rag.ts';

class EmbeddingRefused extends Error {
  readonly code = 'EMBEDDING_REFUSED';
}

/** The vector's direction: of length 1, or undefined where it has none. Throws at what can't be compared here. */
function directionOf(embedding: Embedding, { model, dimensions }: NaiveRagSettings): Float64Array | undefined {
  const vector = Float64Array.from(embedding.vector);
  if (embedding.model !== model) throw new EmbeddingRefused(`a vector of ${embedding.model} among those of ${model}`);
  if (vector.length !== dimensions) throw new EmbeddingRefused(`${vector.length} dimensions, not ${dimensions}`);
  if (!vector.every(Number.isFinite)) throw new EmbeddingRefused('a vector holds a number that is not finite');
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((x) => x / length) : undefined;
}

function cosine(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
}

const byCodeUnits = (a: string, b: string) => Number(a > b) - Number(a < b);

const promptOf = (question: string, passages: readonly Passage[]) =>
  [
    'Answer the question from the documents below, and only from them.',
    ...passages.map(({ text }, n) => `<document n="${n + 1}">\n${text}\n</document>`),
    `Question: ${question}`,
  ].join('\n\n');

export const createNaiveRag: CreateNaiveRag = ({ embed, generate, emit }, settings) => {
  let index = new Map<string, { passage: Passage; direction: Float64Array }>();

  const nearest = async (question: string, k: number, among?: ReadonlySet<string>) => {
    const asked = directionOf(await embed(question), settings);
    if (!asked) return [];
    return [...index.values()]
      .filter(({ passage }) => !among || among.has(passage.id))
      .map(({ passage, direction }) => ({ passage, id: passage.id, score: cosine(asked, direction) }))
      .sort((a, b) => b.score - a.score || byCodeUnits(a.id, b.id))
      .slice(0, k);
  };

  const unanswered = (reason: 'nothing indexed' | 'nothing found'): RagAnswer => {
    emit({ type: 'QuestionUnanswered', data: { reason } });
    return { answered: false, reason };
  };

  return {
    add(passages) {
      const entries = passages.map((embedded) => {
        const { passage } = embedded;
        const direction = directionOf(embedded, settings);
        if (!direction) throw new EmbeddingRefused(`${passage.id} has no direction`);
        return [passage.id, { passage, direction }] as const;
      });
      index = new Map([...index, ...entries]);
    },

    search: async (question, k, among) => (await nearest(question, k, among)).map(({ id, score }) => ({ id, score })),

    async answer(question) {
      if (index.size === 0) return unanswered('nothing indexed');
      const found = (await nearest(question, settings.k)).map(({ passage }) => passage);
      if (found.length === 0) return unanswered('nothing found');
      const text = await generate(promptOf(question, found));
      return { answered: true, text, passages: found.map(({ id, page, start, end }) => ({ id, page, start, end })) };
    },
  };
};
