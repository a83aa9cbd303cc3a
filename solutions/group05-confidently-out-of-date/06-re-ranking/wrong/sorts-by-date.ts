// Sorts with "nearly equal, so the newer one" as comparator: that isn't an order, and step by step the newest and worst comes first.
import type { CreateReRanker } from '#answerdesk/seams/re-ranking.ts';

export const createReRanker: CreateReRanker =
  ({ textOf, score, validFrom, similarity, emit }, { batch, withinMs, lambda, freshWithin }) =>
  async (question, candidates, k) => {
    const scores = new Map<string, number>();
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const out = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        stop.abort();
        reject(new Error('too late'));
      }, withinMs);
    });
    out.catch(() => {});
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at < candidates.length; at += batch) {
      const part = candidates.slice(at, at + batch);
      const call = async () => {
        const given = await Promise.race([
          score(
            question,
            part.map(({ id }) => textOf(id)),
            stop.signal,
          ),
          out,
        ]);
        if (given.length === part.length) part.forEach(({ id }, n) => void scores.set(id, given[n] as number));
      };
      calls.push(call().catch(() => {}));
    }
    await Promise.all(calls);
    clearTimeout(timer);
    const missing = candidates.filter(({ id }) => !scores.has(id));
    if (missing.length > 0) emit({ type: 'CandidatesNotScored', data: { count: missing.length } });
    const all = [...scores.values()];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const worth = new Map([...scores].map(([id, score]) => [id, (score - low) / (high - low || 1)]));
    const left = [...scores.keys()].sort();
    const order: string[] = [];
    while (left.length > 0) {
      const value = (id: string) =>
        lambda * (worth.get(id) ?? 0) - (1 - lambda) * Math.max(0, ...order.map((one) => similarity(one, id)));
      let best = 0;
      for (let n = 1; n < left.length; n++) if (value(left[n] ?? '') > value(left[best] ?? '')) best = n;
      order.push(...left.splice(best, 1));
    }
    if (freshWithin > 0)
      order.sort((a, b) => {
        const difference = (worth.get(b) ?? 0) - (worth.get(a) ?? 0);
        return Math.abs(difference) > freshWithin ? difference : (validFrom(b) ?? 0) - (validFrom(a) ?? 0);
      });
    const hits = [...order.map((id) => ({ id, score: scores.get(id) ?? 0 })), ...missing].slice(0, k);
    return { hits, fellBack: missing.length > 0 };
  };
