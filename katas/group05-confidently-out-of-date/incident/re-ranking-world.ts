import { setTimeout as sleep } from 'node:timers/promises';
import type { Hit } from '#answerdesk/knowledge.ts';
import type { ReRankingPorts, ReRankingSettings } from '#answerdesk/seams/re-ranking.ts';
import { between, roll, shuffled } from '#kit/seeded.ts';

interface Call {
  texts: readonly string[];
  signal: AbortSignal;
  /** Since the first call. ms. */
  afterMs: number;
  endedAt?: number;
}
/** Candidates with invented scores, likenesses and dates, and a provider. */
export interface World {
  candidates: readonly Hit[];
  ports: Omit<ReRankingPorts, 'emit'>;
  calls: Call[];
  textOf: (id: string) => string;
  scoreOf: (id: string) => number;
  /** Candidates of which no score came. */
  unscored: () => readonly string[];
}
/** `hangs` until it is told that nobody waits, `deaf` even then; `long`: a score too many; `none`: no scores. */
type How = 'fails' | 'throws' | 'short' | 'long' | 'none' | 'hangs' | 'deaf';
interface WorldSettings {
  /** So many different scores. */
  grades?: number;
  /** What the provider counts in. */
  unit?: number;
  /** Passages of which each says the same as so many others. */
  copies?: number;
  /** The share of passages whose date is known. */
  dated?: number;
  /** Each is so much worse than the one before, and newer. */
  stairs?: number;
  callMs?: number;
  /** All calls, or those with the candidate that came at that place. */
  ill?: { how: How; one?: number };
}

const YEAR = 365 * 86_400_000;

export function worldOf(seed: number, size: number, settings: WorldSettings = {}): World {
  const { grades = 1_000, unit = 1, copies = 1, dated = 0, stairs, callMs, ill } = settings;
  const ids = Array.from({ length: size }, (_, n) => {
    const start = n * 400 + (seed % 397);
    return `page-${between(seed, `page ${n}`, 1, 9)}.md#${start}-${start + 380}`;
  });
  const numberOf = new Map(ids.map((id, n) => [id, n]));
  const at = (id: string) => numberOf.get(id) ?? 0;
  const textOf = (id: string) => `${seed}: what stands in ${id}`;
  const idOf = new Map(ids.map((id) => [textOf(id), id]));
  const scoreOf = (id: string) => {
    const n = at(id);
    // The last is far below, so that the steps are what they are said to be.
    if (stairs !== undefined) return unit * (n === size - 1 ? -1 : -stairs * n);
    return unit * (between(seed, `score ${id}`, 1, grades) * (8 / grades) - 6);
  };
  const similarity = (a: string, b: string) => {
    const [x, y] = [at(a), at(b)].sort((p, q) => p - q) as [number, number];
    if (x === y) return 1;
    if (stairs !== undefined) return 0;
    const alike = Math.floor(x / copies) === Math.floor(y / copies);
    return alike ? 0.9 + roll(seed, `alike ${x} ${y}`) / 10 : roll(seed, `unlike ${x} ${y}`) / 2;
  };
  const validFrom = (id: string) => {
    const n = at(id);
    if (stairs !== undefined) return Date.UTC(2005, 0, 1) + n * YEAR;
    return roll(seed, `dated ${id}`) < dated ? Date.UTC(2015 + between(seed, `year ${id}`, 0, 10), 0, 1) : undefined;
  };
  const candidates = shuffled(seed, 'came', ids).map((id, n) => ({ id, score: 1 / (61 + n) }));
  const calls: Call[] = [];
  const told = new Set<string>();
  let first: number | undefined;

  const score = async (_question: string, texts: readonly string[], signal: AbortSignal): Promise<number[]> => {
    first ??= Date.now();
    const call: Call = { texts: [...texts], signal, afterMs: Date.now() - first };
    calls.push(call);
    const asked = texts.map((text) => idOf.get(text) ?? '');
    const sick = ill && (ill.one === undefined || asked.includes(candidates[ill.one]?.id ?? '')) ? ill.how : undefined;
    if (sick === 'hangs') await sleep(60_000, undefined, { signal });
    if (sick === 'deaf') await new Promise(() => {});
    await sleep(callMs ?? between(seed, `takes ${texts[0]}`, 2, 30), undefined, { signal });
    call.endedAt = Date.now();
    if (sick === 'fails') throw Object.assign(new Error('503: overloaded'), { status: 503 });
    const scores = asked.map(scoreOf);
    if (!sick) for (const id of asked) told.add(id);
    if (sick === 'short') return scores.slice(0, -1);
    if (sick === 'none') return [];
    return sick === 'long' ? [unit * 3, ...scores] : scores;
  };
  const throwing: typeof score = (...args) => {
    if (ill?.how !== 'throws') return score(...args);
    throw new Error('the scorer is not configured');
  };
  const ports = { textOf, score: throwing, similarity, validFrom };
  return { candidates, ports, calls, textOf, scoreOf, unscored: () => ids.filter((id) => !told.has(id)) };
}

const NONE = 1e-9;
/** Where the order isn't by worth, in words; undefined where it is. All of `world`'s candidates compete, or only those in `order` where that is a part. */
export function breach(order: readonly string[], world: World, settings: ReRankingSettings): string | undefined {
  const { lambda, freshWithin } = settings;
  const lost = new Set(world.unscored());
  const all = world.candidates.map(({ id }) => id).filter((id) => !lost.has(id));
  const scores = all.map(world.scoreOf);
  const [worst, best] = [Math.min(...scores), Math.max(...scores)];
  const relevance = (id: string) => (world.scoreOf(id) - worst) / (best - worst || 1);
  const said = new Map<string, number>();
  const worth = (id: string) => lambda * relevance(id) - (1 - lambda) * (said.get(id) ?? 0);
  const since = (id: string) => world.ports.validFrom(id) ?? Number.NEGATIVE_INFINITY;
  const left = new Set(all);
  for (const [n, id] of order.entries()) {
    const most = Math.max(...[...left].map(worth));
    const rivals = [...left].filter((one) => worth(one) >= most - freshWithin - NONE);
    const better = [...left].find((one) => beats(one, id));
    if (!rivals.includes(id) || better !== undefined) {
      const rival = better ?? rivals[0] ?? '';
      return `at place ${n + 1} stands a passage that is worth ${figure(worth(id))}${dated(id)}, although ${rival} is still there, worth ${figure(worth(rival))}${dated(rival)}${Math.abs(worth(rival) - worth(id)) < NONE && freshWithin === 0 ? ': equals stand by id' : ''}`;
    }
    left.delete(id);
    for (const one of left) said.set(one, Math.max(said.get(one) ?? 0, world.ports.similarity(id, one)));
  }
  return undefined;

  function beats(one: string, id: string): boolean {
    const difference = worth(one) - worth(id);
    const equal = Math.abs(difference) < NONE;
    if (freshWithin === 0) return equal ? one < id : difference > 0;
    const most = Math.max(...[...left].map(worth));
    // Whoever is on the very edge may count or not.
    if (worth(one) < most - freshWithin + NONE) return false;
    if (since(one) !== since(id)) return since(one) > since(id);
    return equal ? one < id : difference > 0;
  }
  function dated(id: string): string {
    if (freshWithin === 0) return '';
    const from = world.ports.validFrom(id);
    return from === undefined ? ' and of unknown age' : ` and of ${new Date(from).getUTCFullYear()}`;
  }
}
const figure = (worth: number) => worth.toFixed(3);
