import { setTimeout as sleep } from 'node:timers/promises';
import type { Hit, JudgedQuestion } from '#answerdesk/knowledge.ts';
import type { CreateReRanker, ReRanked, ReRankingSettings } from '#answerdesk/seams/re-ranking.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Recording } from '#kit/events.ts';
import { between, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './day.ts';
import { firstSearch, readable } from './first-search.ts';
import { ndcg } from './hybrid-retrieval.ts';
import { lateInteraction } from './late-interaction.ts';

export const inProduction: ReRankingSettings = { batch: 16, withinMs: 300, lambda: 1, freshWithin: 0 };
export const K = 10;
const CANDIDATES = 32;
const QUESTIONS = 18;
const MINUTE = 60_000;
const SIX_HOURS = 360 * MINUTE;
/** What the scorer takes for a text. */
export const SCORE_MS = 2;

export interface Searched {
  at: number;
  question: JudgedQuestion;
  candidates: readonly string[];
  event?: number;
}
/** `hangs`: no answer for a minute. `fails`: 503. `short`: a score too few. Times in milliseconds since the day began. */
export interface ScorerFault {
  from: number;
  to: number;
  how: 'hangs' | 'fails' | 'short';
}
export interface Day {
  questions: readonly Searched[];
  faults: readonly ScorerFault[];
}

/** Eighteen questions over six hours, with what the first search found; twice the scorer isn't well. */
export async function day(seed: number): Promise<Day> {
  const { questions, first } = firstSearch();
  const asked = shuffled(seed, 'asked', [...questions.values()]).slice(0, QUESTIONS);
  const searched = asked.map(async (question, n) => ({
    at: (n * SIX_HOURS) / QUESTIONS + between(seed, `at ${n}`, 0, 10 * MINUTE),
    question,
    candidates: (await first(question.text, CANDIDATES, question.among)).map(({ id }) => id),
  }));
  return { questions: await Promise.all(searched), faults: faults(seed) };
}
function faults(seed: number): ScorerFault[] {
  return shuffled(seed, 'faults', ['hangs', 'fails', 'short'] as const).map((how, n) => {
    const from = (50 + 110 * n) * MINUTE + between(seed, `fault ${n}`, 0, 20 * MINUTE);
    return { from, to: from + 30 * MINUTE, how };
  });
}

/** The same day from its recording. */
export async function recordedDay({ events, at }: Recording): Promise<Day> {
  const { questions } = firstSearch();
  return {
    questions: events
      .filter(({ type }) => type === 'CandidatesFound')
      .flatMap((event) => {
        const question = questions.get(String(event.data['ask']));
        return question
          ? [{ at: at(event), question, candidates: event.data['candidates'] as string[], event: event.id }]
          : [];
      }),
    faults: faults(RECORDED_SEED),
  };
}

const scores = new Map<string, number>();
/** The scorer's own opinion, on its own scale. */
export function opinion(question: string, id: string): number {
  const key = `${question}\n${id}`;
  const known = scores.get(key);
  if (known !== undefined) return known;
  const passage = firstSearch().passages.get(id);
  const score = passage ? 20 * lateInteraction().score(question, readable(passage)) - 16 : -99;
  scores.set(key, score);
  return score;
}

export interface Ranked extends Searched {
  calls: number;
  refused: number;
  tookMs: number;
  ill: boolean;
  answer: ReRanked;
  event: number;
}

export const asHits = (ids: readonly string[]): Hit[] => ids.map((id, n) => ({ id, score: 1 / (61 + n) }));

/** One after the other: every question is answered before the next comes. */
export async function playDay(scene: Day, { clock, history }: Run, createReRanker: CreateReRanker): Promise<Ranked[]> {
  const { passages } = firstSearch();
  const ranked: Ranked[] = [];
  const start = Date.now();
  const now = () => Date.now() - start;
  const illness = () => scene.faults.find(({ from, to }) => now() >= from && now() < to);
  const calls = { made: 0, refused: 0 };
  const idOf = new Map<string, string>();
  const textOf = (id: string) => {
    const passage = passages.get(id);
    const text = passage ? readable(passage) : '';
    idOf.set(text, id);
    return text;
  };
  const score = async (question: string, texts: readonly string[], signal: AbortSignal) => {
    calls.made++;
    const ill = illness();
    if (texts.length > inProduction.batch) {
      calls.refused++;
      throw Object.assign(new Error(`413: ${texts.length} texts, at most ${inProduction.batch}`), { status: 413 });
    }
    await sleep(ill?.how === 'hangs' ? MINUTE : SCORE_MS * texts.length, undefined, { signal });
    if (ill?.how === 'fails') throw Object.assign(new Error('503'), { status: 503 });
    const all = texts.map((text) => opinion(question, idOf.get(text) ?? ''));
    return ill?.how === 'short' ? all.slice(1) : all;
  };
  const ports = { textOf, score, similarity: () => 0, validFrom: () => undefined, emit: () => {} };
  const reRank = createReRanker(ports, { ...inProduction });
  const note = (stream: string, type: string, data: object) => history.record({ stream, type, data });
  const search = async (searched: Searched) => {
    const { question, candidates } = searched;
    const asked = now();
    Object.assign(calls, { made: 0, refused: 0 });
    const ill = illness() !== undefined;
    const cause = note(question.id, 'CandidatesFound', { ask: question.id, candidates });
    const answer = structuredClone(await reRank(question.text, asHits(candidates), K));
    const seen = { calls: calls.made, refused: calls.refused, tookMs: now() - asked };
    const quality = {
      ndcgBefore: rounded(ndcg(asHits(candidates), question)),
      ndcg: rounded(ndcg(answer.hits, question)),
    };
    const data = { ...seen, fellBack: answer.fellBack, ...quality };
    history.record({ stream: question.id, type: 'CandidatesReRanked', data, causationId: cause });
    ranked.push({ ...searched, ...seen, ill, answer, event: searched.event ?? cause });
  };
  const happenings = [
    ...scene.faults.flatMap(({ from, to, how }) => [
      { at: from, happen: () => void note('scorer', 'ScorerDegraded', { how }) },
      { at: to, happen: () => void note('scorer', 'ScorerRecovered', { how }) },
    ]),
    ...scene.questions.map((searched) => ({ at: searched.at, happen: () => search(searched) })),
  ];
  arriveInTurn(happenings, ({ happen }) => happen());
  await clock.advance(SIX_HOURS + 2 * MINUTE);
  return ranked;
}
const rounded = (share: number) => Math.round(share * 1_000) / 1_000;
