import { setTimeout as sleep } from 'node:timers/promises';
import type { Hit } from '#answerdesk/knowledge.ts';
import type { CreateReRanker } from '#answerdesk/seams/re-ranking.ts';

/** All or nothing: a part without scores, and the order from before stands. */
export const createReRanker: CreateReRanker =
  ({ textOf, score, similarity, validFrom, emit }, { batch, withinMs, lambda, freshWithin }) =>
  async (question, candidates, k) => {
    const within = AbortSignal.timeout(withinMs);
    const done = new AbortController();
    const signal = AbortSignal.any([within, done.signal]);
    const scores = new Map<string, number>();
    const parts: Promise<void>[] = [];
    for (let at = 0; at < candidates.length; at += batch) {
      const ids = candidates.slice(at, at + batch).map(({ id }) => id);
      parts.push(
        Promise.resolve()
          .then(() => score(question, ids.map(textOf), within))
          .then((given) => {
            if (given.length !== ids.length) throw new Error('not as many scores as texts');
            ids.forEach((id, n) => {
              scores.set(id, given[n] as number);
            });
          }),
      );
    }
    const late = sleep(withinMs, undefined, { signal }).catch(() => {});
    if (parts.length > 0) await Promise.race([Promise.allSettled(parts), late]);
    done.abort();
    if (scores.size < candidates.length) {
      emit({ type: 'CandidatesNotScored', data: { count: candidates.length - scores.size } });
      return { hits: candidates.slice(0, k), fellBack: true };
    }
    const values = [...scores.values()];
    const low = Math.min(...values);
    const range = Math.max(...values) - low;
    const left = new Set([...scores.keys()].sort());
    const hits: Hit[] = [];
    while (hits.length < k && left.size > 0) {
      const worths = [...left].map((id) => {
        const relevance = range === 0 ? 1 : ((scores.get(id) ?? 0) - low) / range;
        const like = lambda < 1 && hits.length > 0 ? Math.max(...hits.map((hit) => similarity(hit.id, id))) : 0;
        return { id, worth: lambda * relevance - (1 - lambda) * like, from: validFrom(id) ?? -Infinity };
      });
      worths.sort((a, b) => b.worth - a.worth);
      const best = worths[0] as (typeof worths)[number];
      const near = worths.filter(({ worth }) => freshWithin > 0 && worth >= best.worth - freshWithin);
      const newest = Math.max(...near.map(({ from }) => from));
      const chosen = near.find(({ from }) => from === newest) ?? best;
      left.delete(chosen.id);
      hits.push({ id: chosen.id, score: scores.get(chosen.id) ?? 0 });
    }
    return { hits, fellBack: false };
  };
