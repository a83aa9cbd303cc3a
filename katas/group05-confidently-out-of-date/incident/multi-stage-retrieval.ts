import { setTimeout as sleep } from 'node:timers/promises';
import type { Hit, JudgedQuestion } from '#answerdesk/knowledge.ts';
import type { CreateMultiStage, MultiStageSettings, Stage, Staged } from '#answerdesk/seams/multi-stage.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Recording } from '#kit/events.ts';
import { between, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './day.ts';
import { firstSearch } from './first-search.ts';
import { ndcg } from './hybrid-retrieval.ts';
import { opinion } from './re-ranking.ts';

export const inProduction: MultiStageSettings = { wide: 80, fewAreEnough: 10 };
export const SKIM = { name: 'skim', takes: 80, keeps: 24, withinMs: 150 };
export const READ = { name: 'read', takes: 16, keeps: 12, withinMs: 1_200 };
export const K = 10;
/** For one passage: the careful scorer on two cores, and the cheap one. */
const READ_MS = 48;
const SKIM_MS = 0.5;
/** What the gateway waits. */
export const PATIENCE_MS = 30_000;
const QUESTIONS = 18;
const MINUTE = 60_000;
const SIX_HOURS = 360 * MINUTE;

export interface Asked {
  at: number;
  question: JudgedQuestion;
  event?: number;
}
/** Times in milliseconds since the day began. */
export interface Illness {
  from: number;
  to: number;
  stage: 'skim' | 'read';
  how: 'hangs' | 'fails';
}
export interface Day {
  questions: readonly Asked[];
  ill: readonly Illness[];
}

/** A question every twenty minutes; the careful scorer hangs for a while, and the cheap one fails for a while. */
export function day(seed: number): Day {
  const asked = shuffled(seed, 'asked', [...firstSearch().questions.values()]).slice(0, QUESTIONS);
  const questions = asked.map((question, n) => ({
    at: (n * SIX_HOURS) / QUESTIONS + between(seed, `at ${n}`, 0, 10 * MINUTE),
    question,
  }));
  return { questions, ill: illnesses(seed) };
}
function illnesses(seed: number): Illness[] {
  const kinds = shuffled(seed, 'ill', [
    { stage: 'read', how: 'hangs' },
    { stage: 'read', how: 'fails' },
    { stage: 'skim', how: 'fails' },
  ] as const);
  return kinds.map((kind, n) => {
    const from = (40 + 110 * n) * MINUTE + between(seed, `ill ${n}`, 0, 20 * MINUTE);
    return { from, to: from + 30 * MINUTE, ...kind };
  });
}

/** The same day from its recording. */
export function recordedDay({ events, at }: Recording): Day {
  const { questions } = firstSearch();
  const asked = events.filter(({ type }) => type === 'SearchAsked');
  return {
    questions: asked.flatMap((event) => {
      const question = questions.get(String(event.data['ask']));
      return question ? [{ at: at(event), question, event: event.id }] : [];
    }),
    ill: illnesses(RECORDED_SEED),
  };
}

const byScore = (hits: Hit[]) => hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
const scoredBy = (hits: readonly Hit[], score: (id: string) => number): Hit[] =>
  byScore(hits.map(({ id }) => ({ id, score: score(id) })));

async function skimmed({ text, among }: JudgedQuestion, hits: readonly Hit[]): Promise<Hit[]> {
  const words = new Map((await firstSearch().words(text, 1_000, among)).map(({ id, score }) => [id, score]));
  return scoredBy(hits, (id) => words.get(id) ?? 0);
}
const read = ({ text }: JudgedQuestion, hits: readonly Hit[]) => scoredBy(hits, (id) => opinion(text, id));

/** What comes out where each stage gets the best of the one before, and those that aren't well are left out. */
export async function expected(question: JudgedQuestion, ill?: Illness): Promise<string[]> {
  const found = await firstSearch().first(question.text, inProduction.wide, question.among);
  const middle =
    ill?.stage === 'skim' ? found : (await skimmed(question, found.slice(0, SKIM.takes))).slice(0, SKIM.keeps);
  const last = ill?.stage === 'read' ? middle : read(question, middle.slice(0, READ.takes)).slice(0, READ.keeps);
  return last.slice(0, K).map(({ id }) => id);
}

export interface Answered extends Asked {
  /** Passages that the careful scorer was given. */
  scored: number;
  tookMs: number;
  ill?: Illness;
  answer?: Staged;
  failure?: string;
  event: number;
}

export async function playDay(scene: Day, { clock, history }: Run, createMultiStage: CreateMultiStage) {
  const { first } = firstSearch();
  const answered: Answered[] = [];
  const start = Date.now();
  const now = () => Date.now() - start;
  const illness = () => scene.ill.find(({ from, to }) => now() >= from && now() < to);
  let scored = 0;
  let current: JudgedQuestion | undefined;
  const work = async (stage: 'skim' | 'read', takesMs: number, signal: AbortSignal) => {
    const ill = illness();
    const sick = ill?.stage === stage ? ill.how : undefined;
    if (sick === 'fails') throw Object.assign(new Error(`503: ${stage} is down`), { status: 503 });
    await sleep(sick === 'hangs' ? 10 * PATIENCE_MS : takesMs, undefined, { signal });
  };
  const stages: Stage[] = [
    {
      ...SKIM,
      score: async (_question, candidates, signal) => {
        const question = current as JudgedQuestion;
        await work('skim', SKIM_MS * candidates.length, signal);
        return skimmed(question, candidates);
      },
    },
    {
      ...READ,
      score: async (_question, candidates, signal) => {
        const question = current as JudgedQuestion;
        scored += candidates.length;
        await work('read', READ_MS * candidates.length, signal);
        return read(question, candidates);
      },
    },
  ];
  const desk = createMultiStage({ first, stages, emit: () => {} }, { ...inProduction });
  const ask = async (asked: Asked) => {
    const { question } = asked;
    [current, scored] = [question, 0];
    const at = now();
    const ill = illness();
    const event = history.record({ stream: question.id, type: 'SearchAsked', data: { ask: question.id } });
    const gaveUp = new AbortController();
    const patience = sleep(PATIENCE_MS, 'the gateway gave up' as const, { signal: gaveUp.signal });
    patience.catch(() => {});
    const outcome = await Promise.race([
      desk.search(question.text, K, question.among).then(
        (answer) => ({ answer: structuredClone(answer) }),
        (error: unknown) => ({ failure: (error as Error)?.message ?? String(error) }),
      ),
      patience.then((failure) => ({ failure })),
    ]);
    gaveUp.abort();
    const seen = { scored, tookMs: now() - at };
    if ('answer' in outcome) {
      const { hits } = outcome.answer;
      const quality = Math.round(ndcg(hits, question) * 1_000) / 1_000;
      const data = { ...seen, first: hits[0]?.id ?? '', ndcg: quality };
      history.record({ stream: question.id, type: 'SearchAnswered', data, causationId: event });
    } else {
      const data = { ...seen, reason: outcome.failure };
      history.record({ stream: question.id, type: 'SearchFailed', data, causationId: event });
    }
    answered.push({ ...asked, ...seen, ...outcome, ...(ill && { ill }), event: asked.event ?? event });
  };
  const note = (type: string, { stage, how }: Illness) =>
    void history.record({ stream: stage, type, data: { stage, how } });
  arriveInTurn(
    [
      ...scene.ill.flatMap((ill) => [
        { at: ill.from, happen: () => note('StageDegraded', ill) },
        { at: ill.to, happen: () => note('StageRecovered', ill) },
      ]),
      ...scene.questions.map((asked) => ({ at: asked.at, happen: () => ask(asked) })),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(SIX_HOURS + 2 * MINUTE);
  return answered;
}
