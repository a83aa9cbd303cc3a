import type { Hit } from '#answerdesk/knowledge.ts';
import type { CreateReRanker, ReRanked, ReRankingPorts, ReRankingSettings } from '#answerdesk/seams/re-ranking.ts';

/** One call at a time; what comes until the time is out counts, and whatever has no score keeps its place. */
class ReRanker {
  readonly #ports: ReRankingPorts;
  readonly #settings: ReRankingSettings;

  constructor(ports: ReRankingPorts, settings: ReRankingSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  async rank(question: string, candidates: readonly Hit[], k: number): Promise<ReRanked> {
    const scores = await this.#scores(question, candidates);
    const count = candidates.length - scores.size;
    if (count > 0) this.#ports.emit({ type: 'CandidatesNotScored', data: { count } });
    const order = this.#order(scores);
    const hits = candidates.map((hit) => (scores.has(hit.id) ? (order.shift() as Hit) : hit));
    return Object.freeze({ hits: Object.freeze(hits.slice(0, k)), fellBack: count > 0 });
  }

  async #scores(question: string, candidates: readonly Hit[]): Promise<Map<string, number>> {
    const { batch, withinMs } = this.#settings;
    const scores = new Map<string, number>();
    const ends = Date.now() + withinMs;
    let at = 0;
    while (at < candidates.length && Date.now() < ends) {
      const part = candidates.slice(at, at + batch).map(({ id }) => id);
      const given = await this.#within(ends - Date.now(), (signal) =>
        this.#ports.score(question, part.map(this.#ports.textOf), signal),
      );
      if (given?.length === part.length) for (const [n, id] of part.entries()) scores.set(id, given[n] as number);
      at += batch;
    }
    return scores;
  }

  #within<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const controller = new AbortController();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        controller.abort();
        resolve(undefined);
      }, ms);
      const end = (value?: T) => {
        clearTimeout(timer);
        resolve(value);
      };
      Promise.resolve()
        .then(() => ask(controller.signal))
        .then(end, () => end());
    });
  }

  #order(scores: ReadonlyMap<string, number>): Hit[] {
    const { lambda, freshWithin } = this.#settings;
    const { similarity, validFrom } = this.#ports;
    const worst = Math.min(...scores.values());
    const span = Math.max(...scores.values()) - worst;
    const left = [...scores].map(([id, score]) => ({ id, score, like: 0, since: validFrom(id) ?? -1e300 }));
    const worth = (one: (typeof left)[number]) =>
      lambda * (span > 0 ? (one.score - worst) / span : 0) - (1 - lambda) * one.like;
    const order: Hit[] = [];
    while (left.length > 0) {
      left.sort((a, b) => worth(b) - worth(a) || (a.id < b.id ? -1 : 1));
      const least = worth(left[0] as (typeof left)[number]) - freshWithin;
      const rivals = freshWithin > 0 ? left.filter((one) => worth(one) >= least) : left.slice(0, 1);
      const next = rivals.reduce((newest, one) => (one.since > newest.since ? one : newest));
      left.splice(left.indexOf(next), 1);
      order.push({ id: next.id, score: next.score });
      for (const one of left) one.like = Math.max(one.like, similarity(next.id, one.id));
    }
    return order;
  }
}

export const createReRanker: CreateReRanker = (ports, settings) => {
  const reRanker = new ReRanker(ports, settings);
  return (question, candidates, k) => reRanker.rank(question, candidates, k);
};
