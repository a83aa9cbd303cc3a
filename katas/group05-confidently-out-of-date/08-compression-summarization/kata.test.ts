import type { CreateCompression } from '#answerdesk/seams/compression.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { malformed } from '../incident/compression-rules.ts';
import {
  type Compressed,
  type Conversation,
  compress,
  longDay,
  playLongDay,
  recordedLongDay,
} from '../incident/compression-summarization.ts';
import {
  countTokens,
  leastTokens,
  MOODS,
  type Mood,
  type TalkOptions,
  talk,
  tokensOf,
} from '../incident/compression-talk.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import * as kata from './kata.ts';

const createCompression: CreateCompression = kata.createCompression;
const at = { startAt: BEGINS };
const WISH = 'We must not restart the gateway before Friday.';
const UNTRUE: readonly Mood[] = MOODS.filter((mood) => mood !== 'faithful');

/** A conversation with so much room: its `extracted` sentences fit, or only its `briefest` ones do. */
function scene(
  seed: number,
  name: string,
  over: Partial<TalkOptions> & { mood?: Mood; room?: 'extracted' | 'briefest' } = {},
): Conversation {
  const { mood = 'faithful', room = 'extracted', ...options } = over;
  const turns = between(seed, `turns of ${name}`, 8, 16);
  const said = talk(seed, name, { turns, tenants: ['northwind'], constraint: WISH, ...options });
  const { extracted, briefest, bound } = leastTokens(said);
  // Halfway between: no extract fits, and every summary does, however the room is shared out.
  const between2 = Math.floor((extracted + briefest) / 2);
  return { id: name, at: 0, said, mood, maxTokens: room === 'extracted' ? extracted : Math.max(between2, bound) };
}

async function compressed(conversation: Conversation, partTokens?: number): Promise<Compressed> {
  const done = await compress(createCompression, conversation, partTokens);
  const { failure, parts, tokens } = done;
  must(
    !failure,
    () =>
      `${conversation.id} wasn't compressed: ${failure?.message} (${conversation.mood === 'fails' ? 'its model gave no answer' : 'nothing failed'})`,
  );
  const wrong = malformed(conversation.said, parts);
  must(!wrong, () => `${conversation.id}: ${wrong}`, conversation.event);
  must(
    tokens <= conversation.maxTokens,
    () => `${conversation.id} came out at ${tokens} tokens; there was room for ${conversation.maxTokens}`,
    conversation.event,
  );
  return done;
}

const list = (facts: readonly string[]) => `${facts.slice(0, 3).join(', ')}${facts.length > 3 ? ', …' : ''}`;

/** Whatever the model does: nothing is lost, nothing comes in, unless somebody is told that there was no room. */
async function mustHold(conversation: Conversation, partTokens?: number): Promise<Compressed> {
  const done = await compressed(conversation, partTokens);
  const { facts, foreign, constraints, silent } = done.losses;
  const mood = `the model ${conversation.mood === 'faithful' ? 'was faithful' : conversation.mood}`;
  must(
    constraints.length === 0,
    () => `${conversation.id}: what the user wanted kept to is gone or changed (${mood})`,
    conversation.event,
  );
  must(
    facts.length === 0,
    () =>
      `${conversation.id}: ${facts.length} facts are gone from what stands for their turns: ${list(facts)} (${mood})`,
    conversation.event,
  );
  must(
    foreign.length === 0,
    () => `${conversation.id}: ${list(foreign)} stands where nobody of those turns said it (${mood})`,
    conversation.event,
  );
  must(
    silent.length === 0,
    () => `${conversation.id}: nothing stands for ${list(silent)}, and nobody was told`,
    conversation.event,
  );
  return done;
}

incident(
  'on 9 June nothing that a customer had told us got lost on the way to the model',
  {
    recorded: () => recordedLongDay(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: (seed) => longDay(seed, seed === RECORDED_SEED ? undefined : 10),
    recordedSeed: RECORDED_SEED,
  },
  async (day, run) => {
    const all = await playLongDay(day, run, createCompression);
    must(
      all.length === day.conversations.length,
      () => `${day.conversations.length - all.length} of ${day.conversations.length} conversations never came out`,
    );
    const forgot = all.filter(
      ({ losses: { facts, constraints, silent }, failure }) =>
        facts.length + constraints.length + silent.length > 0 || failure,
    );
    const gone = forgot.flatMap(({ losses: { facts, constraints } }) => [...facts, ...constraints]);
    must(
      forgot.length === 0,
      () =>
        `${forgot.length} of ${all.length} conversations reached the model without something that the customer had said, ${gone.length} facts in all, such as ${list(gone)}, though there was room for them`,
      forgot[0]?.conversation.event,
    );
    for (const { conversation } of all) await mustHold(conversation);
  },
  at,
);

behaviour(
  'budget',
  'no more tokens come out than there is room for, and no part is longer than its turns',
  async ({ seed }) => {
    for (const mood of ['faithful', 'rambles', 'fails'] as const)
      for (const room of ['extracted', 'briefest'] as const)
        await compressed(scene(seed, `${mood} ${room}`, { mood, room }));
  },
);

behaviour(
  'extract-first',
  'where the sentences that bear facts fit as they were said, no model is asked',
  async ({ seed }) => {
    const conversation = scene(seed, 'extract', { mood: pick(seed, 'mood', [...MOODS] as [Mood, ...Mood[]]) });
    const { calls } = await mustHold(conversation);
    must(
      calls.length === 0,
      () =>
        `${conversation.maxTokens} tokens were enough for every sentence with a fact in it, and the model was asked ${calls.length} times`,
    );
  },
);

behaviour('summaries', 'where they do not fit, and the model is faithful, nothing is lost either', async ({ seed }) => {
  const conversation = scene(seed, 'sum', { room: 'briefest' });
  const { losses, calls } = await mustHold(conversation);
  must(calls.length > 0, () => 'the sentences that bear facts did not fit, and the model was not asked');
  must(
    losses.told.length === 0,
    () =>
      `${losses.told.length} turns were left out; with the model's summaries, in which nothing was missing, all would have fitted`,
  );
});

behaviour('checked', "a summary that lacks a fact, or has one that nobody said, isn't used", async ({ seed }) => {
  for (const mood of UNTRUE) {
    const { events, calls } = await mustHold(scene(seed, mood, { mood, room: 'briefest' }));
    const refused = events.filter(({ type }) => type === 'SummaryRefused').length;
    must(
      mood !== 'fails' || refused >= calls.length,
      () => `the model failed ${calls.length} times, and ${refused} summaries are said to be refused`,
    );
  }
});

behaviour('constraint', 'what the user wants kept to stays letter by letter, wherever it stands', async ({ seed }) => {
  const wish = `Keep to ${between(seed, 'wish', 2, 9)} requests a second, and, whatever else you do, do not touch the queue.`;
  for (const room of ['extracted', 'briefest'] as const)
    await mustHold(
      scene(seed, `wish ${room}`, { constraint: wish, room, mood: pick(seed, room, [...MOODS] as [Mood, ...Mood[]]) }),
    );
});

behaviour(
  'tenants',
  'what two tenants said is never in one part, nor in one question to the model',
  async ({ seed }) => {
    for (const mood of ['faithful', 'mixes tenants'] as const) {
      const { calls } = await mustHold(
        scene(seed, mood, { tenants: ['northwind', 'vantelle'], mood, room: 'briefest' }),
      );
      const mixed = calls.find((turns) => new Set(turns.map(({ tenant }) => tenant)).size > 1);
      must(!mixed, () => `the model was given ${mixed?.length} turns of two tenants at once`);
    }
  },
);

behaviour('from-source', 'a summary is made of what was said, and never of a summary', async ({ seed }) => {
  const whole = scene(seed, 'grows', { turns: 16, room: 'briefest' });
  const partTokens = between(seed, 'part', 60, 160);
  for (const turns of [10, 13, 16]) {
    const said = whole.said.slice(0, turns);
    const { extracted, briefest, bound } = leastTokens(said);
    const maxTokens = Math.max(bound, Math.floor((extracted + briefest) / 2));
    const { calls } = await mustHold({ ...whole, id: `${turns} turns`, said, maxTokens }, partTokens);
    const original = new Map(said.map(({ turn }) => [turn.id, turn.text]));
    const changed = calls.flat().find(({ id, text }) => original.get(id) !== text);
    must(!changed, () => `the model was given "${changed?.text.slice(0, 50)}" to sum up, which nobody said`);
    const large = calls.find((some) => some.length > 1 && tokensOf(some) > partTokens);
    must(
      !large,
      () =>
        `the model was given ${large?.length} turns of ${tokensOf(large ?? [])} tokens at once; a part has at most ${partTokens}`,
    );
  }
});

behaviour('one-conversation', 'what was compressed for one conversation is not in the next', async ({ seed }) => {
  const two = [
    scene(seed, 'one', { tenants: ['larkspur'] }),
    scene(seed + 1, 'two', { tenants: ['vantelle'] }),
  ] as const;
  const events: unknown[] = [];
  const shared = createCompression(
    { countTokens, summarize: async () => '', emit: (event) => events.push(event) },
    { partTokens: 120 },
  );
  const [first, second] = await Promise.all(
    two.map(({ said, maxTokens }) => shared(structuredClone(said.map(({ turn }) => turn)), maxTokens)),
  );
  for (const [n, parts] of [first, second].entries()) {
    const wrong = malformed((two[n] as Conversation).said, parts ?? []);
    must(!wrong, () => `of two conversations that were compressed at once: ${wrong}`);
  }
});

behaviour(
  'left-out',
  'where not even that fits, the oldest go, no more than must, and somebody is told',
  async ({ seed }) => {
    const conversation = scene(seed, 'tight', { mood: 'fails', turns: 14 });
    const { extracted, bound } = leastTokens(conversation.said);
    const partTokens = 80;
    const maxTokens = bound + Math.floor((extracted - bound) / 2);
    const {
      losses: { told },
      parts,
      tokens,
    } = await mustHold({ ...conversation, maxTokens }, partTokens);
    const bearing = conversation.said
      .filter(({ sayings, turn }) => sayings.length > 0 && !turn.isConstraint)
      .map(({ turn }) => turn.id);
    const stays = new Set(parts.flatMap(({ turns }) => turns));
    const newestGone = Math.max(-1, ...told.map((id) => bearing.indexOf(id)));
    const oldestThere = bearing.findIndex((id) => stays.has(id));
    must(
      told.length > 0,
      () => `there was room for half of what bears facts, the model failed, and nobody was told what was left out`,
    );
    must(
      oldestThere < 0 || newestGone < oldestThere,
      () => `${bearing[newestGone]} was left out, and ${bearing[oldestThere]}, which is older, wasn't`,
    );
    must(
      maxTokens - tokens <= 2 * partTokens,
      () => `${maxTokens - tokens} of ${maxTokens} tokens stayed free, and ${told.length} turns were left out`,
    );
  },
);

behaviour('too-long', 'where the constraints alone are too long, that is refused', async ({ seed }) => {
  const conversation = scene(seed, 'bound');
  const { bound } = leastTokens(conversation.said);
  const { failure } = await compress(createCompression, { ...conversation, maxTokens: bound - 1 });
  must(
    failure?.code === 'CONSTRAINTS_TOO_LONG',
    () =>
      `constraints of ${bound} tokens were to go into ${bound - 1}: ${failure ? `code ${failure.code}` : 'something came out'}`,
  );
  await mustHold({ ...conversation, maxTokens: bound, mood: 'fails' });
});

tradeOff('what fits as it is goes as it is: no sentence is touched, no call is paid for', async ({ seed }) => {
  const conversation = scene(seed, 'fits', {
    tenants: ['northwind', 'vantelle'],
    mood: pick(seed, 'mood', [...MOODS] as [Mood, ...Mood[]]),
  });
  const turns = conversation.said.map(({ turn }) => turn);
  for (const maxTokens of [tokensOf(turns), tokensOf(turns) + between(seed, 'spare', 1, 400)]) {
    const { calls, parts } = await compressed({ ...conversation, maxTokens });
    must(
      calls.length === 0,
      () => `${tokensOf(turns)} tokens had room in ${maxTokens}, and the model was asked ${calls.length} times`,
    );
    const texts = parts.map(({ text }) => text);
    const same =
      texts.length === turns.length &&
      turns.every(({ text }, n) => texts[n] === text) &&
      parts.every(({ how }) => how === 'kept');
    must(
      same,
      () =>
        `${tokensOf(turns)} tokens had room in ${maxTokens}, and ${turns.length} turns came out as ${parts.length} parts, ${turns.filter(({ text }) => !texts.includes(text)).length} of them changed`,
    );
  }
  const nothing = await compressed({ ...conversation, said: [], maxTokens: 10 });
  must(nothing.parts.length === 0, 'of no turns something was made');
});
