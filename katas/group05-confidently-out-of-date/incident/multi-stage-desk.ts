import { setTimeout as sleep } from 'node:timers/promises';
import type { Hit, JudgedQuestion, Search } from '#answerdesk/knowledge.ts';
import type { Stage } from '#answerdesk/seams/multi-stage.ts';
import { between, roll, shuffled } from '#kit/seeded.ts';

/** `hangs` until it is told that nobody waits, `deaf` even then; `strange`: with a passage that nobody handed in. */
export type How = 'fails' | 'throws' | 'empty' | 'strange' | 'hangs' | 'deaf';
export interface StageSettings extends Pick<Stage, 'name' | 'takes' | 'keeps'> {
  withinMs?: number;
  takesMs?: number;
  ill?: How;
  /** The best one's score is so many times the second's. */
  lead?: number;
  /** The best one's and the second's score, as they are. */
  scores?: readonly [number, number];
  /** So many that it was given it leaves out. */
  leavesOut?: number;
}
interface Call {
  stage: string;
  ids: readonly string[];
  signal: AbortSignal;
}

/** Stages that put what they are given in an order of their own, which depends on the passage alone. */
export function deskOf(seed: number, size: number, settings: readonly StageSettings[], lead = 1.01) {
  const ids = shuffled(
    seed,
    'found',
    Array.from({ length: size }, (_, n) => `page-${between(seed, `page ${n}`, 1, 9)}.md#${n * 500}`),
  );
  const calls: Call[] = [];
  const searched: { k: number; among: ReadonlySet<string> | undefined }[] = [];
  const first: Search = async (question, k, among) => {
    searched.push({ k, among });
    const order = question === 'Why is it slow?' ? ids : shuffled(seed, question, ids);
    return withScores(order.filter((id) => !among || among.has(id)).slice(0, k), lead);
  };
  const stages = settings.map(({ name, takes, keeps, withinMs = 400, ...how }): Stage => {
    const order = (candidates: readonly Hit[]) => ordered(seed, name, candidates);
    const work = async (candidates: readonly Hit[], signal: AbortSignal): Promise<Hit[]> => {
      if (how.ill === 'hangs') await sleep(60_000, undefined, { signal });
      if (how.ill === 'deaf') await new Promise(() => {});
      await sleep(how.takesMs ?? between(seed, `takes ${name}`, 1, 60), undefined, { signal });
      if (how.ill === 'fails') throw Object.assign(new Error('503: overloaded'), { status: 503 });
      if (how.ill === 'empty') return [];
      const best = order(candidates).slice(0, candidates.length - (how.leavesOut ?? 0));
      const hits = withScores(best, how.lead ?? 1.01, how.scores);
      if (how.ill === 'strange') hits.splice(1, 1, { id: 'of-another-tenant.md#0', score: hits[1]?.score ?? 0 });
      return hits;
    };
    const score = (_question: string, candidates: readonly Hit[], signal: AbortSignal): Promise<Hit[]> => {
      calls.push({ stage: name, ids: candidates.map(({ id }) => id), signal });
      if (how.ill === 'throws') throw new Error(`${name} is not configured`);
      return work(structuredClone(candidates) as Hit[], signal);
    };
    return { name, takes, keeps, withinMs, score };
  });
  return { ids, first, stages, calls, searched };
}
export type Desk = ReturnType<typeof deskOf>;

const ordered = (seed: number, stage: string, candidates: readonly Hit[]): string[] =>
  candidates.map(({ id }) => id).sort((a, b) => opinion(seed, stage, b) - opinion(seed, stage, a));
const opinion = (seed: number, stage: string, id: string) => roll(seed, `${stage} of ${id}`);

function withScores(ids: readonly string[], lead: number, scores?: readonly [number, number]): Hit[] {
  return ids.map((id, n) => {
    if (scores) return { id, score: scores[n] ?? (scores[1] as number) - n };
    return { id, score: n === 0 ? lead * 0.8 : 0.8 * 0.99 ** (n - 1) };
  });
}

/** What a stage that is well makes of what it is given. */
export function orderBy(seed: number, stage: StageSettings, ids: readonly string[]): string[] {
  const { name, takes, keeps, leavesOut = 0 } = stage;
  const given = ids.slice(0, takes).map((id) => ({ id, score: 0 }));
  return ordered(seed, name, given).slice(0, Math.min(keeps, given.length - leavesOut));
}

/** Judged questions over the desk's passages, some of which have no answer, and some may see only a part. */
export function judgedOver(seed: number, ids: readonly string[], count: number): JudgedQuestion[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `question-${n}`;
    const among =
      roll(seed, `among ${n}`) < 0.5 ? new Set(ids.filter((one) => roll(seed, `${n} ${one}`) < 0.6)) : undefined;
    const seen = ids.filter((one) => !among || among.has(one));
    const right = n % 5 === 4 ? [] : shuffled(seed, `right ${n}`, seen).slice(0, between(seed, `rights ${n}`, 1, 6));
    const relevant = Object.fromEntries(right.map((one) => [one, between(seed, `grade ${one}`, 1, 2)]));
    return { id, text: `Question ${n}`, class: 'paraphrase', relevant, ...(among && { among }) };
  });
}
