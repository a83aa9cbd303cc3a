import type { CreateReRanker } from '#answerdesk/seams/re-ranking.ts';

export const createReRanker: CreateReRanker =
  ({ textOf, score }) =>
  async (question, candidates, k) => {
    try {
      // TODO: the provider takes only so many texts at once; a part that fails costs no candidate its place in the list.
      // TODO: nobody waits longer than was allowed, and the provider hears that nobody waits any more.
      const texts = candidates.map(({ id }) => textOf(id));
      const scores = await score(question, texts, new AbortController().signal);

      // TODO: equals stand in an order that doesn't depend on how they came.
      // TODO: what says the same as a passage before it is worth less.
      // TODO: of those that are nearly as good, the newest stands first.
      const hits = candidates
        .map(({ id }, n) => ({ id, score: scores[n] ?? 0 }))
        .sort((a, b) => b.score - a.score)
        .slice(0, k);
      return { hits, fellBack: false };
    } catch {
      // TODO: it is said when the order is the one that was there before.
      return { hits: candidates.slice(0, k), fellBack: false };
    }
  };
