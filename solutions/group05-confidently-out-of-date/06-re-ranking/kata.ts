import type { Hit } from '#answerdesk/knowledge.ts';
import type { CreateReRanker, ReRankingPorts, ReRankingSettings } from '#answerdesk/seams/re-ranking.ts';

interface Scored extends Hit {
  relevance: number;
  /** The greatest similarity with one that stands before it. */
  said: number;
}

const byId = (a: Hit, b: Hit) => (a.id < b.id ? -1 : 1);

/** Rejects when the time is out, also where the provider doesn't listen to its signal. */
function expires(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What the provider said in time, by id. Whatever failed isn't in it. */
async function scoresOf(
  { textOf, score }: ReRankingPorts,
  { batch, withinMs }: ReRankingSettings,
  question: string,
  candidates: readonly Hit[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const outOfTime = new AbortController();
  const timer = setTimeout(() => outOfTime.abort(), withinMs);
  const expired = expires(outOfTime.signal);
  const ask = async (ids: readonly string[]) => {
    const scores = await Promise.race([score(question, ids.map(textOf), outOfTime.signal), expired]);
    if (scores.length !== ids.length) return;
    for (const [n, id] of ids.entries()) found.set(id, scores[n] as number);
  };
  const ids = candidates.map(({ id }) => id);
  const batches = Array.from({ length: Math.ceil(ids.length / batch) }, (_, n) =>
    ids.slice(n * batch, (n + 1) * batch),
  );
  await Promise.allSettled(batches.map(ask));
  clearTimeout(timer);
  return found;
}

/** At each place whoever is worth most there, or the newest of those that are worth nearly as much. */
function ranked(
  { similarity, validFrom }: ReRankingPorts,
  { lambda, freshWithin }: ReRankingSettings,
  hits: Hit[],
  k: number,
) {
  const scores = hits.map(({ score }) => score);
  const worst = Math.min(...scores);
  const span = Math.max(...scores) - worst || 1;
  // By id, so that the first of equals is always the same one.
  let left: Scored[] = hits.sort(byId).map((hit) => ({ ...hit, relevance: (hit.score - worst) / span, said: 0 }));
  const worth = ({ relevance, said }: Scored) => lambda * relevance - (1 - lambda) * said;
  const since = ({ id }: Hit) => validFrom(id) ?? Number.NEGATIVE_INFINITY;
  const order: Hit[] = [];
  while (left.length > 0 && order.length < k) {
    let next = left.reduce((best, one) => (worth(one) > worth(best) ? one : best));
    if (freshWithin > 0) {
      const least = worth(next) - freshWithin;
      const nearly = left.filter((one) => worth(one) >= least).sort((a, b) => worth(b) - worth(a) || byId(a, b));
      next = nearly.reduce((newest, one) => (since(one) > since(newest) ? one : newest));
    }
    const { id, score } = next;
    order.push({ id, score });
    left = left.filter((one) => one !== next);
    if (lambda < 1) for (const one of left) one.said = Math.max(one.said, similarity(id, one.id));
  }
  return order;
}

export const createReRanker: CreateReRanker = (ports, settings) => async (question, candidates, k) => {
  const scores = await scoresOf(ports, settings, question, candidates);
  const scored = candidates.flatMap(({ id }) => {
    const score = scores.get(id);
    return score === undefined ? [] : [{ id, score }];
  });
  const others = candidates.filter(({ id }) => !scores.has(id));
  const count = others.length;
  if (count > 0) ports.emit({ type: 'CandidatesNotScored', data: { count } });
  return { hits: [...ranked(ports, settings, scored, k), ...others].slice(0, k), fellBack: count > 0 };
};
