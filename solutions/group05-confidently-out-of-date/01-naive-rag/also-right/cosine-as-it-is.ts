// Closures and plain arrays: vectors are kept as they came, and the cosine is computed whole each time.
import type { CreateNaiveRag, EmbeddedPassage, Embedding } from '#answerdesk/seams/naive-rag.ts';

const refuse = (why: string): never => {
  throw Object.assign(new Error(why), { code: 'EMBEDDING_REFUSED' });
};
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, n) => sum + x * (b[n] as number), 0);
const collator = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export const createNaiveRag: CreateNaiveRag = ({ embed, generate, emit }, { model, dimensions, k }) => {
  const entries: { id: string; vector: number[]; passage: EmbeddedPassage['passage'] }[] = [];

  const checked = (embedding: Embedding): number[] => {
    const vector = Array.from(embedding.vector);
    if (embedding.model !== model) refuse('another model');
    if (vector.length !== dimensions) refuse('another size');
    if (vector.some((x) => !Number.isFinite(x))) refuse('not finite');
    return vector;
  };
  const lost = (vector: readonly number[]) => vector.every((x) => x === 0);
  const rank = async (question: string, most: number, among?: ReadonlySet<string>) => {
    const asked = checked(await embed(question));
    if (lost(asked)) return [];
    const candidates = among ? entries.filter(({ id }) => among.has(id)) : [...entries];
    // By id first: the sort after it is stable.
    return candidates
      .sort(collator)
      .map((entry) => ({ ...entry, score: dot(entry.vector, asked) / Math.sqrt(dot(entry.vector, entry.vector)) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, most);
  };

  return {
    async add(passages) {
      const fresh = passages.map((one) => ({ id: one.passage.id, vector: checked(one), passage: one.passage }));
      if (fresh.some(({ vector }) => lost(vector))) refuse('no direction');
      for (const one of fresh) {
        const known = entries.findIndex(({ id }) => id === one.id);
        entries.splice(known < 0 ? entries.length : known, known < 0 ? 0 : 1, one);
      }
    },
    search: async (question, most, among) =>
      (await rank(question, most, among)).map(({ id, score }) => ({ id, score })),
    async answer(question) {
      const nothing = (reason: 'nothing indexed' | 'nothing found') => {
        emit({ type: 'QuestionUnanswered', data: { reason } });
        return { answered: false as const, reason };
      };
      if (entries.length === 0) return nothing('nothing indexed');
      const found = await rank(question, k);
      if (found.length === 0) return nothing('nothing found');
      const documents = found.map(({ id, passage }) => `--- ${id}\n${passage.text}`).join('\n');
      const text = await generate(`Documents:\n${documents}\n\nAnswer from them, or say that you can't.\n${question}`);
      return {
        answered: true,
        text,
        passages: found.map(({ passage: { id, page, start, end } }) => ({ id, page, start, end })),
      };
    },
  };
};
