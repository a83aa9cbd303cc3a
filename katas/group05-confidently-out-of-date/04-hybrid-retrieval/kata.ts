import type { Hit } from '#answerdesk/knowledge.ts';
import type { CreateHybrid } from '#answerdesk/seams/hybrid.ts';

// TODO: an identifier is found as it stands, however it is typed, and by the words that it is made of.
const wordsOf = (text: string) =>
  text
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 2);

export const createHybrid: CreateHybrid = ({ passages, vectors }, { depth }) => {
  const texts = passages.map(({ id, text }) => ({ id, words: wordsOf(text) }));

  // TODO: a word that stands everywhere says little, the tenth time it says nothing new, and long isn't better.
  async function keywords(question: string, k: number, among?: ReadonlySet<string>): Promise<Hit[]> {
    const asked = new Set(wordsOf(question));
    return texts
      .filter(({ id }) => !among || among.has(id))
      .map(({ id, words }) => ({ id, score: words.filter((word) => asked.has(word)).length }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
      .slice(0, k);
  }

  return {
    keywords,

    // TODO: what either of the two finds counts, and what both find counts most.
    // TODO: how far each is trusted follows from the questions that were judged.
    async search(question, k, among) {
      const similar = await vectors(question, Math.max(k, depth), among);
      if (similar.length >= k) return similar.slice(0, k);
      // A small knowledge base: words find the rest.
      const literal = await keywords(question, depth, among);
      const others = literal.filter(({ id }) => similar.every((hit) => hit.id !== id));
      return [...similar, ...others].map(({ id }, n) => ({ id, score: 1 / (n + 1) })).slice(0, k);
    },
  };
};
