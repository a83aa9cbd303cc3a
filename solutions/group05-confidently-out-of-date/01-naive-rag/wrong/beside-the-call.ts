// Keeps what was found beside the call and not in it: of questions that are asked at once one gets another's documents.
import type { Passage } from '#answerdesk/knowledge.ts';
import type { CreateNaiveRag, Embedding, RagAnswer } from '#answerdesk/seams/naive-rag.ts';

export const createNaiveRag: CreateNaiveRag = ({ embed, generate, emit }, { model, dimensions, k }) => {
  const index = new Map<string, { passage: Passage; vector: number[] }>();
  let found: { passage: Passage; id: string; score: number }[] = [];

  const unit = (embedding: Embedding) => {
    const vector = Array.from(embedding.vector);
    if (embedding.model !== model || vector.length !== dimensions || !vector.every(Number.isFinite))
      throw Object.assign(new Error('refused'), { code: 'EMBEDDING_REFUSED' });
    const length = Math.hypot(...vector);
    return length === 0 ? undefined : vector.map((x) => x / length);
  };
  const find = async (question: string, most: number, among?: ReadonlySet<string>) => {
    const asked = unit(await embed(question));
    found = !asked
      ? []
      : [...index.values()]
          .filter(({ passage }) => !among || among.has(passage.id))
          .map(({ passage, vector }) => ({
            passage,
            id: passage.id,
            score: vector.reduce((sum, x, d) => sum + x * (asked[d] as number), 0),
          }))
          .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
          .slice(0, most);
  };

  return {
    add(passages) {
      const rows = passages.map((one) => ({ passage: one.passage, vector: unit(one) }));
      for (const { vector } of rows)
        if (!vector) throw Object.assign(new Error('no direction'), { code: 'EMBEDDING_REFUSED' });
      for (const { passage, vector = [] } of rows) index.set(passage.id, { passage, vector });
    },
    async search(question, most, among) {
      await find(question, most, among);
      return found.map(({ id, score }) => ({ id, score }));
    },
    async answer(question): Promise<RagAnswer> {
      const nothing = index.size === 0;
      if (!nothing) await find(question, k);
      if (nothing || found.length === 0) {
        const reason = nothing ? 'nothing indexed' : 'nothing found';
        emit({ type: 'QuestionUnanswered', data: { reason } });
        return { answered: false, reason };
      }
      const text = await generate(`${found.map(({ passage }) => passage.text).join('\n\n')}\n\n${question}`);
      const passages = found.map(({ passage: { id, page, start, end } }) => ({ id, page, start, end }));
      return { answered: true, text, passages };
    },
  };
};
