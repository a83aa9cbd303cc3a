import type { CompressedPart, CompressionEvent, CreateCompression, Turn } from '#answerdesk/seams/compression.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { type Losses, losses } from './compression-rules.ts';
import {
  countTokens,
  leastTokens,
  MOODS,
  type Mood,
  type Said,
  summarizer,
  type TalkOptions,
  talk,
  tokensOf,
} from './compression-talk.ts';
import { RECORDED_SEED } from './day.ts';

/** Conversations of the day that had grown too long, each in the mood that the model was in. */
export interface LongDay {
  conversations: readonly Conversation[];
  until: number;
}
export interface Conversation {
  id: string;
  at: number;
  said: readonly Said[];
  maxTokens: number;
  mood: Mood;
  event?: number;
}

const CONSTRAINTS = [
  'We must not restart the gateway before Friday.',
  'Please do not propose an upgrade, the version is frozen for this quarter.',
  'Only the configuration may be changed, nothing else.',
] as const;
const TENANTS = ['larkspur', 'brackwater', 'northwind', 'quillmoor', 'vantelle', 'kestrelby'] as const;
const MINUTE = 60_000;
const PART_TOKENS = 120;

function conversation(seed: number, n: number): Conversation {
  const id = `c-${n + 1}`;
  const [first, second] = shuffled(seed, `tenants ${id}`, TENANTS) as [string, string];
  const options: TalkOptions = {
    turns: between(seed, `turns ${id}`, 9, 14),
    tenants: n % 4 === 3 ? [first, second] : [first],
    constraint: pick(seed, `constraint ${id}`, CONSTRAINTS),
  };
  const said = talk(seed, id, options);
  // What bears facts fits as it was said; all that was said doesn't.
  return {
    id,
    at: n * 20 * MINUTE,
    said,
    maxTokens: leastTokens(said).extracted + 4,
    mood: MOODS[n % MOODS.length] as Mood,
  };
}

export const longDay = (seed: number, conversations = 18): LongDay => ({
  conversations: Array.from({ length: conversations }, (_, n) => conversation(seed, n)),
  until: 6 * 60 * MINUTE,
});

interface Continued {
  conversation: string;
  turns: Turn[];
  maxTokens: number;
  mood: Mood;
}

/** The day as recorded. Which sentences bear what is the script's; what was said, when and how long is the recording's. */
export function recordedLongDay({ events, at }: Recording): LongDay {
  const scripted = new Map(longDay(RECORDED_SEED).conversations.map((one) => [one.id, one]));
  const conversations = events
    .filter(({ type }) => type === 'ConversationContinued')
    .map((event): Conversation => {
      const { conversation: id, turns, maxTokens, mood } = event.data as unknown as Continued;
      const sayings = new Map(scripted.get(id)?.said.map(({ turn, sayings: some }) => [turn.id, some]));
      const said = turns.map((turn) => ({ turn, sayings: sayings.get(turn.id) ?? [] }));
      return { id, at: at(event), said, maxTokens, mood, event: event.id };
    });
  return { conversations, until: longDay(RECORDED_SEED, 0).until };
}

/** What became of one conversation. */
export interface Compressed {
  conversation: Conversation;
  parts: readonly CompressedPart[];
  events: readonly CompressionEvent[];
  calls: readonly Turn[][];
  tokens: number;
  losses: Losses;
  failure?: Error & { code?: string };
}

/** Has one conversation compressed. Everything is handed out and taken back as copies. */
export async function compress(
  create: CreateCompression,
  conversation: Conversation,
  partTokens = PART_TOKENS,
): Promise<Compressed> {
  const { said, mood, maxTokens } = conversation;
  const { summarize, calls } = summarizer(said, mood);
  const events: CompressionEvent[] = [];
  const emit = (event: CompressionEvent) => void events.push(structuredClone(event));
  const run = create({ countTokens, summarize, emit }, { partTokens });
  try {
    const parts = structuredClone([...(await run(structuredClone(said.map(({ turn }) => turn)), maxTokens))]);
    return { conversation, parts, events, calls, tokens: tokensOf(parts), losses: losses(said, parts, events) };
  } catch (error) {
    const nothing = { facts: [], foreign: [], constraints: [], silent: [], told: [] };
    return { conversation, parts: [], events, calls, tokens: 0, losses: nothing, failure: error as Error };
  }
}

/** Plays the day and notes it. */
export async function playLongDay(
  day: LongDay,
  { clock, history }: Run,
  create: CreateCompression,
): Promise<Compressed[]> {
  const all: Compressed[] = [];
  arriveInTurn(day.conversations, async (conversation) => {
    const { id, said, maxTokens, mood } = conversation;
    const stream = `conversation-${id}`;
    const turns = said.map(({ turn }) => turn);
    const event = history.record({
      stream,
      type: 'ConversationContinued',
      data: { conversation: id, turns, maxTokens, mood },
    });
    const done = await compress(create, { event, ...conversation });
    all.push(done);
    const { tokens, parts, calls, losses: gone } = done;
    const sizes = { conversation: id, tokens, parts: parts.length, calls: calls.length };
    const cause = history.record({ stream, type: 'HistoryCompressed', data: sizes, causationId: event });
    const facts = [...gone.facts, ...gone.constraints];
    if (facts.length > 0)
      history.record({ stream, type: 'FactsLost', data: { conversation: id, facts }, causationId: cause });
  });
  await clock.advance(day.until);
  return all;
}
