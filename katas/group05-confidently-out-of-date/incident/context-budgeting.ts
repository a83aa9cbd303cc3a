import type { Message, Passage } from '#answerdesk/knowledge.ts';
import type {
  Context,
  ContextRequest,
  ContextSettings,
  CreateContextBudget,
  RankedPassage,
} from '#answerdesk/seams/context-budget.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Recording } from '#kit/events.ts';
import { between, roll, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { badCut, isAsked, tokensOf } from './context-prompts.ts';
import { RECORDED_SEED } from './day.ts';
import { embed, wordsOf } from './embedding.ts';
import { countTokens, pages } from './library.ts';
import { type Ask, asks, covers } from './questions.ts';
import { sections } from './sections.ts';

export const inProduction: ContextSettings = { window: 3_200, answerReserve: 600, perMessage: 4, historyAtMost: 240 };
export const SYSTEM = [
  'You answer questions of support customers from the passages that you are given, and from nothing else.',
  'Cite each passage by its number. If they do not answer the question, say so.',
].join('\n');

/** Questions as they were asked, each with what was said before and the passages that were found for it. */
export interface Day {
  questions: readonly Asked[];
  until: number;
}
export interface Asked {
  at: number;
  ask: Ask;
  /** The asker's earlier questions, oldest first. */
  after: readonly Ask[];
  passages: readonly RankedPassage[];
  event?: number;
}
/** What became of a question. */
export interface Prompted {
  asked: Asked;
  request: ContextRequest;
  context?: Context;
  failure?: unknown;
  tokens: number;
  /** Passages that end where neither a sentence nor a block does. */
  cut: readonly string[];
  isAsked: boolean;
  /** Claims of the right answer that the model could give: the question was there, and what proves them. */
  right: number;
  event?: number;
}

const SIX_HOURS = 6 * 3_600_000;
/** In the recording. */
const QUESTIONS = 20;
const QUESTIONS_OF_FRESH_DAYS = 5;
const FOUND = 20;

let byId: ReadonlyMap<string, Passage> | undefined;
const passageOf = (id: string): Passage => {
  byId ??= new Map(sections().map((passage) => [passage.id, passage]));
  const passage = byId.get(id);
  if (!passage) throw new Error(`no passage ${id}`);
  return passage;
};

interface Read {
  vector: Float32Array;
  words: ReadonlySet<string>;
}
const known = new Map<string, Read>();
function readOf(id: string, textOf: () => string): Read {
  const before = known.get(id);
  if (before) return before;
  const text = textOf();
  const read = { vector: embed(text), words: new Set(wordsOf(text)) };
  known.set(id, read);
  return read;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += (a[d] as number) * (b[d] as number);
  return sum;
}

const pools = new Map<string, readonly Passage[]>();
/** A seeded tenth or so of what a tenant may read. */
function poolOf(seed: number, { tenant }: Ask): readonly Passage[] {
  const name = `${seed} ${tenant.tenant}`;
  const known = pools.get(name);
  if (known) return known;
  const isTheirs = ({ page, metadata }: Passage) =>
    metadata.tenant === tenant.tenant || page.startsWith(`fastify-${tenant.major}/`);
  const pool = sections().filter((passage) => isTheirs(passage) && roll(seed, passage.id) < 0.09);
  if (pools.size > 6) pools.clear();
  pools.set(name, pool);
  return pool;
}

/** At most so many passages for a question, best first: out of those that prove something, and a seeded pool. */
export function found(seed: number, ask: Ask, most: number): RankedPassage[] {
  const question = readOf(ask.text, () => ask.text);
  const asked = [...question.words].filter((word) => word.length > 3);
  const spans = ask.claims.flatMap(({ gold }) => gold);
  const proving = sections().filter((passage) => spans.some((span) => covers(passage, span)));
  const score = ({ id, headings, text }: Passage) => {
    const { vector, words } = readOf(id, () => `${headings.join(' ')} ${text}`);
    const shared = asked.filter((word) => words.has(word)).length;
    const alike = cosine(question.vector, vector) / 2 + shared / Math.max(1, question.words.size);
    return Math.round(1000 / (1 + Math.exp(14 * (0.62 - alike)))) / 1000;
  };
  return [...new Set([...proving, ...poolOf(seed, ask)])]
    .map((passage) => ({ passage, score: score(passage) }))
    .sort((a, b) => b.score - a.score || (a.passage.id < b.passage.id ? -1 : 1))
    .slice(0, most);
}

export function day(seed: number): Day {
  const count = seed === RECORDED_SEED ? QUESTIONS : QUESTIONS_OF_FRESH_DAYS;
  const answerable = asks('visible').filter(({ claims }) => claims.length > 0);
  const chosen = shuffled(seed, 'questions', answerable).slice(0, count);
  const questions = chosen.map((ask, n) => {
    const at = Math.floor(((n + 0.2 + 0.6 * roll(seed, `at ${n}`)) * SIX_HOURS) / count);
    const earlier = answerable.filter(({ tenant, id }) => tenant.tenant === ask.tenant.tenant && id !== ask.id);
    const turns = roll(seed, `follows ${n}`) < 0.4 ? between(seed, `turns ${n}`, 1, 4) : 0;
    const after = shuffled(seed, `before ${n}`, earlier).slice(0, turns);
    return { at, ask, after, passages: found(seed, ask, between(seed, `found ${n}`, 3, FOUND)) };
  });
  return { questions, until: SIX_HOURS };
}

/** The same day from its recording. */
export function recordedDay({ events, at }: Recording): Day {
  const askOf = (id: unknown): Ask => {
    const ask = asks('visible').find((one) => one.id === id);
    if (!ask) throw new Error(`nobody asks ${id}`);
    return ask;
  };
  const ranked = events.filter(({ type }) => type === 'CandidatesRanked');
  return {
    until: SIX_HOURS,
    questions: events
      .filter(({ type }) => type === 'QuestionAsked')
      .map((event) => {
        const { ask, after } = event.data as { ask: string; after: string[] };
        const hits = ranked.find(({ data }) => data['ask'] === ask)?.data['hits'] as Hit[];
        const passages = hits.map(({ id, score }) => ({ passage: passageOf(id), score }));
        return { at: at(event), ask: askOf(ask), after: after.map(askOf), passages, event: event.id };
      }),
  };
}
interface Hit {
  id: string;
  score: number;
}

export const requestOf = ({ ask, after, passages }: Pick<Asked, 'ask' | 'after' | 'passages'>): ContextRequest => ({
  system: SYSTEM,
  question: ask.text,
  history: after.flatMap(({ text, claims }): Message[] => [
    { role: 'user', content: text },
    { role: 'assistant', content: claims.map(({ says }) => says).join(' ') },
  ]),
  passages,
});

let texts: ReadonlyMap<string, string> | undefined;
/** Claims of the right answer of which the proof stands in the prompt, word for word. */
export function provable(ask: Ask, { messages }: Context): number {
  texts ??= new Map(pages().map(({ id, text }) => [id, text]));
  const prompt = messages.map(({ content }) => content).join('\n');
  const stands = ({ page, start, end }: { page: string; start: number; end: number }) =>
    prompt.includes(texts?.get(page)?.slice(start, end) ?? '\0');
  return ask.claims.filter(({ gold }) => gold.some(stands)).length;
}

export async function playDay(scene: Day, { clock, history }: Run, create: CreateContextBudget) {
  const prompted: Prompted[] = [];
  const { window, answerReserve } = inProduction;
  const limit = window - answerReserve;
  let cause = 0;
  const note = (ask: Ask, type: string, data: object) => {
    const causationId = type === 'QuestionAsked' ? undefined : cause;
    cause = history.record({
      stream: ask.id,
      type,
      data: { ask: ask.id, ...data },
      ...(causationId !== undefined && { causationId }),
    });
    return cause;
  };
  const budget = create({ countTokens, emit: () => {} }, { ...inProduction });
  const happen = (asked: Asked) => {
    const { ask, after, passages } = asked;
    note(ask, 'QuestionAsked', { after: after.map(({ id }) => id) });
    note(ask, 'CandidatesRanked', { hits: passages.map(({ passage, score }) => ({ id: passage.id, score })) });
    const request = requestOf(asked);
    try {
      const context = structuredClone(budget(structuredClone(request)));
      const tokens = tokensOf(context.messages, inProduction);
      const cut = context.included
        .filter(({ passage, text }) => badCut(passage.text, text.length))
        .map(({ passage }) => passage.id);
      const wasAsked = isAsked(context, request);
      const about = { tokens, limit, asked: wasAsked, passages: context.included.length, cut: cut.length };
      const event = note(ask, 'PromptSent', about);
      const right = wasAsked && tokens <= window ? provable(ask, context) : 0;
      if (tokens > window) note(ask, 'PromptRefused', { tokens, window });
      else note(ask, 'PromptAnswered', { right, of: ask.claims.length, cutOff: tokens > limit });
      prompted.push({ asked, request, context, tokens, cut, isAsked: wasAsked, right, event });
    } catch (failure) {
      prompted.push({ asked, request, failure, tokens: 0, cut: [], isAsked: false, right: 0 });
    }
  };
  arriveInTurn(
    scene.questions.map((asked) => ({ at: asked.at, happen: () => happen(asked) })),
    ({ happen }) => happen(),
  );
  await clock.advance(scene.until);
  return prompted;
}
