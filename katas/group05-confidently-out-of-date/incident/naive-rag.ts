import type { Passage } from '#answerdesk/knowledge.ts';
import type {
  CreateNaiveRag,
  EmbeddedPassage,
  Embedding,
  NaiveRagSettings,
  RagAnswer,
} from '#answerdesk/seams/naive-rag.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './day.ts';
import { DIMENSIONS, EMBEDDING_MODEL, embed, wordsOf } from './embedding.ts';
import { pages, tenants } from './library.ts';
import { type Ask, asks, covers, type Span } from './questions.ts';
import { sections } from './sections.ts';

/** The first hour of one tenant's desk, whose index is filled while questions come. */
export interface FirstHour {
  tenant: string;
  k: number;
  batches: readonly Batch[];
  asked: readonly { at: number; ask: Ask; event?: number }[];
}
/** Passages as one worker embedded them. */
export interface Batch {
  at: number;
  model: string;
  /** Whether it divides a text's vector by its length. The sum of many words is long. */
  unit: boolean;
  passages: readonly Passage[];
  event?: number;
}
/** What became of a question: what the model was given, and what the asker got. */
export interface Told {
  ask: Ask;
  prompts: readonly string[];
  answer: RagAnswer;
  /** What could be found when it was asked. */
  indexed: readonly EmbeddedPassage[];
  event: number;
}

const MINUTE = 60_000;
const BATCH = 24;
const QUESTIONS = 40;
export const FORMER_MODEL = 'use-lite-words-128-2025';
/** Shorter ones are a heading and nothing under it. UTF-16 units. */
const SHORTEST = 80;

/** Passages that a tenant's support may read: its own, and those of its major. */
export function libraryOf(tenant: string): readonly Passage[] {
  const major = tenants.find((one) => one.tenant === tenant)?.major;
  return sections().filter(
    ({ page, text, metadata }) =>
      text.length >= SHORTEST &&
      (page.startsWith(`fastify-${major}/`) || (metadata.tenant === tenant && metadata.readers?.includes('support'))),
  );
}

/** Some of the library: those that answer these questions, and others. */
export function sampleOf(seed: number, library: readonly Passage[], wanted: readonly Ask[], size: number): Passage[] {
  const gold = wanted.flatMap(({ claims }) => claims.flatMap((claim) => claim.gold));
  const order = shuffled(seed, 'sample', library);
  const holds = (passage: Passage) => gold.some((span) => covers(passage, span));
  return shuffled(seed, 'order', [...order.filter(holds), ...order.filter((one) => !holds(one))].slice(0, size));
}

const embedded = new Map<string, Embedding & { words: number }>();
/** As a worker embeds a passage. The former model has as many dimensions, and they mean other things. */
export function embeddedBy({ model, unit }: Pick<Batch, 'model' | 'unit'>, passage: Passage): EmbeddedPassage {
  const { vector, words } = embedded.get(passage.id) ?? {
    vector: Array.from(embed(passage.text)),
    words: wordsOf(passage.text).length,
  };
  embedded.set(passage.id, { model: EMBEDDING_MODEL, vector, words });
  const sum = Array.from(vector, (x) => (unit ? x : x * words));
  return { passage, model, vector: model === EMBEDDING_MODEL ? sum : sum.reverse() };
}

export function firstHour(seed: number): FirstHour {
  const tenant = pick(seed, 'tenant', ['northwind', 'quillmoor', 'larkspur', 'brackwater', 'vantelle', 'kestrelby']);
  const mine = shuffled(
    seed,
    'asks',
    asks('visible').filter((ask) => ask.tenant.tenant === tenant),
  ).slice(0, QUESTIONS);
  const passages = sampleOf(seed, libraryOf(tenant), mine, 7 * BATCH);
  const former = between(seed, 'former', 1, 5);
  const first = between(seed, 'first batch', 4 * MINUTE, 9 * MINUTE);
  const batches = Array.from({ length: 7 }, (_, n) => ({
    at: first + n * 6 * MINUTE + between(seed, `batch ${n}`, 0, 2 * MINUTE),
    model: n === former ? FORMER_MODEL : EMBEDDING_MODEL,
    unit: n === former || roll(seed, `unit ${n}`) < 0.5,
    passages: passages.slice(n * BATCH, (n + 1) * BATCH),
  }));
  const asked = mine.map((ask, n) => ({
    at: Math.floor(((n + roll(seed, `at ${n}`)) * 60 * MINUTE) / QUESTIONS),
    ask,
  }));
  return { tenant, k: between(seed, 'k', 3, 6), batches, asked };
}

/** The same hour from its recording. */
export function recordedHour({ events, at }: Recording): FirstHour {
  const passages = new Map(sections().map((passage) => [passage.id, passage]));
  const known = new Map(asks('visible').map((ask) => [ask.id, ask]));
  const all = (type: string) => events.filter((event) => event.type === type);
  return {
    ...firstHour(RECORDED_SEED),
    batches: all('PassagesEmbedded').map((event) => ({
      at: at(event),
      model: String(event.data['model']),
      unit: event.data['unit'] === true,
      passages: (event.data['passages'] as string[]).flatMap((id) => passages.get(id) ?? []),
      event: event.id,
    })),
    asked: all('QuestionAsked').flatMap((event) => {
      const ask = known.get(String(event.data['ask']));
      return ask ? [{ at: at(event), ask, event: event.id }] : [];
    }),
  };
}

let texts: ReadonlyMap<string, string> | undefined;
/** What the model says: the right answer where all of it stands in the prompt, and otherwise what it makes up. */
export function generated(prompt: string, { claims, invents }: Ask): { said: 'right' | 'invented'; text: string } {
  texts ??= new Map(pages().map(({ id, text }) => [id, text]));
  const stands = ({ page, start, end }: Span) => prompt.includes(texts?.get(page)?.slice(start, end) ?? '\0');
  return claims.length > 0 && claims.every(({ gold }) => gold.some(stands))
    ? { said: 'right', text: claims.map(({ says }) => says).join(' ') }
    : { said: 'invented', text: invents };
}

export async function playHour(scene: FirstHour, { clock, history }: Run, create: CreateNaiveRag) {
  const told: Told[] = [];
  const takenIn: Batch[] = [];
  const indexed: EmbeddedPassage[] = [];
  let asking: { ask: Ask; prompts: string[]; said: string } | undefined;
  const settings: NaiveRagSettings = { model: EMBEDDING_MODEL, dimensions: DIMENSIONS, k: scene.k };
  const rag = create(
    {
      embed: async (text) => ({ model: EMBEDDING_MODEL, vector: Array.from(embed(text)) }),
      generate: async (prompt) => {
        if (!asking) return '';
        const { said, text } = generated(prompt, asking.ask);
        asking.prompts.push(prompt);
        asking.said = said;
        return text;
      },
      emit: () => {},
    },
    settings,
  );
  const fill = async (batch: Batch, n: number) => {
    const { model, unit } = batch;
    const stream = `worker-${n + 1}`;
    const ids = batch.passages.map(({ id }) => id);
    const causationId = history.record({ stream, type: 'PassagesEmbedded', data: { model, unit, passages: ids } });
    const vectors = batch.passages.map((passage) => embeddedBy(batch, passage));
    try {
      await rag.add(structuredClone(vectors));
      takenIn.push({ ...batch, event: causationId });
    } catch {
      history.record({ stream, type: 'EmbeddingsRefused', data: { model }, causationId });
    }
    if (model === EMBEDDING_MODEL) indexed.push(...vectors);
  };
  const answer = async (ask: Ask) => {
    const stream = ask.id;
    const causationId = history.record({ stream, type: 'QuestionAsked', data: { ask: ask.id } });
    asking = { ask, prompts: [], said: '' };
    const { prompts } = asking;
    const got = structuredClone(await rag.answer(ask.text));
    const event = got.answered
      ? { type: 'QuestionAnswered', data: { passages: got.passages.length, said: asking.said } }
      : { type: 'QuestionUnanswered', data: { reason: got.reason } };
    told.push({
      ask,
      prompts,
      answer: got,
      indexed: [...indexed],
      event: history.record({ stream, ...event, causationId }),
    });
  };
  const steps = [
    ...scene.batches.map((batch, n) => ({ at: batch.at, happen: () => fill(batch, n) })),
    ...scene.asked.map(({ at, ask }) => ({ at, happen: () => answer(ask) })),
  ].sort((a, b) => a.at - b.at);
  for (const { at, happen } of steps) {
    await clock.advance(at - clock.now());
    await happen();
  }
  return { told, takenIn };
}
