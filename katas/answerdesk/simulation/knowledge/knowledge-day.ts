import { createHash } from 'node:crypto';
import type { Recorder } from '#kit/events.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';
import { httpProvider } from '../../http-provider.ts';
import {
  createKnowledgeDesk,
  createReleaseGate,
  type DeskAnswer,
  type DeskQuestion,
  SYSTEM,
} from '../../knowledge/desk.ts';
import type { KnowledgeIndex } from '../../knowledge/retrieval.ts';
import type { KnowledgeSeams } from '../../knowledge/seams.ts';
import { knowledgeSettings as settings } from '../../knowledge/settings.ts';
import type { JudgedQuestion, Message, Passage } from '../../knowledge.ts';
import { createMeter } from '../../metering.ts';
import type { CompressionPorts } from '../../seams/compression.ts';
import type { RankedPassage } from '../../seams/context-budget.ts';
import type { RetrievalRun } from '../../seams/evaluation.ts';
import type { GuardrailPorts } from '../../seams/guardrails.ts';
import { settings as desk } from '../../settings.ts';
import { arriveInTurn } from '../asking.ts';
import { providerOverHttp } from '../provider-http.ts';
import type { Note } from '../world.ts';
import { obeyed, type Reading, readAndReply } from './reading-model.ts';

/** A question of the day, with what the model makes of it and what is true. */
export interface AskedQuestion {
  at: number;
  question: DeskQuestion;
  class: string;
  reading: Reading;
  /** Whoever asks this again is to be given the same prompt; null where that can't be asked. */
  sameAs: string | null;
  /** What has to be in the prompt of a conversation, word for word. */
  mustKeep: readonly string[];
  /** Whether the asker may be shown this passage. */
  maySee: (passage: Passage) => boolean;
  /** What a sentence of an answer is worth. */
  judge: (text: string, citations: readonly { page: string; start: number; end: number }[]) => Judgement;
  /** Where what is right stands. */
  gold: readonly { page: string; start: number; end: number }[];
  /** It has no answer here: to abstain is right. */
  hasNone: boolean;
}
export type Judgement = 'right' | 'of another major' | "of another tenant's page" | 'obeyed' | 'invented' | 'unproven';

/** An index that somebody wants to release: what it finds for the judged questions. */
export interface Release {
  at: number;
  name: string;
  sound: boolean;
  run: (now: RetrievalRun, judged: readonly JudgedQuestion[]) => RetrievalRun;
  /** If it goes out: what becomes of a question's passages from then on. */
  spoils: (asked: AskedQuestion, passage: Passage) => boolean;
}

export interface KnowledgeDay {
  seed: number;
  asked: readonly AskedQuestion[];
  releases: readonly Release[];
  judged: readonly JudgedQuestion[];
  /** What the index that runs finds for them. */
  currentRun: () => Promise<RetrievalRun>;
  /** How many passages the careful scorer was given for the question before. */
  lastRated: () => number;
  /** Two processes with the same knowledge, which came to them in different orders. */
  indexes: readonly [KnowledgeIndex, KnowledgeIndex];
  ports: Omit<GuardrailPorts, 'emit'> & Pick<CompressionPorts, 'summarize' | 'countTokens'> & Secrets;
  until: number;
}
interface Secrets {
  secrets: readonly string[];
}

const MODEL = 'sol-large';

/** Plays a day of questions, and records what was found, read and said. */
export async function playKnowledgeDay(
  day: KnowledgeDay,
  seams: KnowledgeSeams,
  clock: VirtualClock,
  recorder: Recorder,
): Promise<void> {
  const start = clock.now();
  const now = () => clock.now() - start;
  const note: Note = (stream, type, data, causationId) =>
    recorder.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });
  const byId = new Map(day.asked.map((asked) => [asked.question.id, asked]));
  const provider = providerOverHttp(
    { seed: day.seed, faults: [] },
    desk.providerUrl,
    now,
    () => {},
    ({ id }, _, messages) => {
      const asked = byId.get(id) as AskedQuestion;
      note(`question-${id}`, 'PromptRead', whatStandsIn(messages, asked, day.ports));
      return readAndReply(asked.reading, messages, day.seed, asked.reading.question);
    },
  );
  const { chat } = httpProvider(provider.fetch, desk.providerUrl, createMeter());
  const out: Release[] = [];
  const emit = () => {};
  const deskOn = (index: KnowledgeIndex) =>
    createKnowledgeDesk(seams, settings, {
      ...day.ports,
      emit,
      page: (id) => index.pages.find((page) => page.id === id),
      retrieve: ({ id }) => retrieved(index, byId.get(id) as AskedQuestion),
      chat: ({ id, text, scope }, messages) => chat({ id, text, tenant: scope.tenant, model: MODEL }, messages),
    });
  const desks = [deskOn(day.indexes[0]), deskOn(day.indexes[1])] as const;

  async function retrieved(index: KnowledgeIndex, asked: AskedQuestion): Promise<RankedPassage[]> {
    const { id, text, scope } = asked.question;
    const begun = now();
    const { hits } = await index.search(text, settings.k, scope);
    const found = hits.flatMap((hit) => {
      const passage = index.passage(hit.id);
      return passage && !out.some((one) => one.spoils(asked, passage)) ? [{ passage, score: hit.score }] : [];
    });
    const passages = found.map(({ passage }) => passage);
    note(`question-${id}`, 'PassagesRanked', {
      question: id,
      ms: now() - begun,
      passages: passages.map((passage) => passage.id),
      hidden: passages.filter((passage) => !asked.maySee(passage)).length,
      rated: day.lastRated(),
    });
    return found;
  }

  async function ask(asked: AskedQuestion, n: number): Promise<void> {
    const { question } = asked;
    const stream = `question-${question.id}`;
    const { tenant, version } = question.scope;
    const cause = note(stream, 'QuestionAsked', {
      question: question.id,
      class: asked.class,
      tenant,
      major: version,
      text: question.text,
    });
    const begun = now();
    const answer = await (n % 2 === 0 ? desks[0] : desks[1]).answer(question);
    note(stream, 'AnswerGiven', { question: question.id, ms: now() - begun, ...judged(answer, asked) }, cause);
  }

  const gate = createReleaseGate(seams, settings, emit);
  async function release(one: Release): Promise<void> {
    const offered = note('releases', 'ReleaseOffered', { release: one.name });
    const run = await day.currentRun();
    const admitted = gate.admits(day.judged, run, one.run(run, day.judged), day.indexes[0].passages);
    note('releases', admitted ? 'ReleaseAdmitted' : 'ReleaseRefused', { release: one.name, sound: one.sound }, offered);
    if (admitted) out.push(one);
  }

  try {
    arriveInTurn(
      [
        ...day.asked.map((asked, n) => ({ at: asked.at, happen: () => ask(asked, n) })),
        ...day.releases.map((one) => ({ at: one.at, happen: () => release(one) })),
      ],
      ({ happen }) => happen(),
    );
    await clock.advance(day.until);
  } finally {
    provider.close();
  }
}

function whatStandsIn(messages: readonly Message[], asked: AskedQuestion, ports: KnowledgeDay['ports']) {
  const text = messages.map(({ content }) => content).join('\n');
  const tokens = messages.reduce(
    (sum, { content }) => sum + settings.context.perMessage + ports.countTokens(content),
    0,
  );
  return {
    question: asked.question.id,
    comparable: asked.sameAs,
    tokens,
    over: Math.max(0, tokens - (settings.context.window - settings.context.answerReserve)),
    hash: createHash('sha256').update(JSON.stringify(messages)).digest('hex').slice(0, 12),
    lost: [SYSTEM, asked.question.text, ...asked.mustKeep].filter((needed) => !text.includes(needed)).length,
    obeyed: obeyed(asked.reading, messages) !== undefined,
    secrets: ports.secrets.filter((secret) => text.includes(secret)).length,
  };
}

function judged(answer: DeskAnswer, asked: AskedQuestion) {
  if (answer.abstained) return { abstained: true, reason: answer.reason, hasNone: asked.hasNone, claims: [] };
  const claims = answer.claims.map(({ text, citations }) => ({
    text,
    citations: citations.map(({ page, start, end }) => ({ page, start, end })),
    judged: asked.judge(text, citations),
  }));
  return { abstained: false, hasNone: asked.hasNone, claims };
}
