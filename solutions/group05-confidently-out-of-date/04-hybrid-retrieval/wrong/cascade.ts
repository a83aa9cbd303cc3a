// Asks the words first and the vectors only where the words find too little: a question in other words finds something, and wrong.
import { stemmer } from 'stemmer';
import type { Hit, Search } from '#answerdesk/knowledge.ts';
import type { CreateHybrid } from '#answerdesk/seams/hybrid.ts';

const termsOf = (text: string) =>
  (text.match(/\w+/g) ?? []).flatMap((word) => {
    const parts = word
      .replace(/([a-z\d])(?=[A-Z])/g, '$1_')
      .toLowerCase()
      .split('_')
      .filter(Boolean);
    return (parts.length > 1 ? [word.toLowerCase(), ...parts] : parts).map(stemmer);
  });

export const createHybrid: CreateHybrid = ({ passages, vectors }, { depth }) => {
  const documents = passages.map(({ id, text }) => {
    const counts = new Map<string, number>();
    const terms = termsOf(text);
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    return { id, counts, length: terms.length };
  });
  const holders = new Map<string, number>();
  for (const { counts } of documents) for (const term of counts.keys()) holders.set(term, (holders.get(term) ?? 0) + 1);
  const average = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const keywords: Search = async (question, k, among) => {
    const terms = termsOf(question);
    const hits: Hit[] = [];
    for (const { id, counts, length } of documents) {
      if (among && !among.has(id)) continue;
      let score = 0;
      for (const term of terms) {
        const count = counts.get(term);
        const held = holders.get(term) ?? 0;
        const idf = Math.log(1 + (documents.length - held + 0.5) / (held + 0.5));
        if (count) score += (idf * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * length) / average));
      }
      if (score > 0) hits.push({ id, score });
    }
    return hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, k);
  };
  return {
    keywords,
    async search(question, k, among) {
      const literal = await keywords(question, depth, among);
      const similar = literal.length < k ? await vectors(question, depth, among) : [];
      const others = similar.filter(({ id }) => literal.every((hit) => hit.id !== id));
      return [...literal, ...others].map(({ id }, n) => ({ id, score: 1 / (n + 1) })).slice(0, k);
    },
  };
};
