import type {
  Context,
  ContextEvent,
  ContextRequest,
  ContextSettings,
  CreateContextBudget,
} from '#answerdesk/seams/context-budget.ts';
import { readRecording } from '#kit/events.ts';
import { fc } from '#kit/property.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { day, found, inProduction, playDay, recordedDay, requestOf } from '../incident/context-budgeting.ts';
import {
  badCut,
  bestWorth,
  FRAME,
  isAsked,
  leastOf,
  misplaced,
  saidBefore,
  tokensOf,
  worthOf,
} from '../incident/context-prompts.ts';
import {
  anything,
  code,
  longOnesFirst,
  prose,
  ranked,
  request,
  sentence,
  several,
} from '../incident/context-scenes.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import { countTokens } from '../incident/library.ts';
import { type Ask, asks } from '../incident/questions.ts';
import { sections } from '../incident/sections.ts';
import * as kata from './kata.ts';

const createContextBudget: CreateContextBudget = kata.createContextBudget;
const at = { startAt: BEGINS };

/** The context of a request; the refusal's code where there is none. */
function attempt(asked: ContextRequest, settings: ContextSettings, create = createContextBudget) {
  const events: ContextEvent[] = [];
  const emit = (event: ContextEvent) => events.push(structuredClone(event));
  try {
    const budget = create({ countTokens, emit }, structuredClone(settings));
    return { context: structuredClone(budget(structuredClone(asked))), events };
  } catch (error) {
    return { refusal: error as Error & { code?: string }, events };
  }
}
function contextOf(asked: ContextRequest, settings: ContextSettings, create = createContextBudget) {
  const { context, refusal, events } = attempt(asked, settings, create);
  const least = leastOf(asked, settings);
  must(
    context !== undefined,
    () =>
      `system and question take ${least} of ${limitOf(settings)} tokens, and no context was made: ${refusal?.code ?? refusal?.name}: ${refusal?.message}`,
  );
  return { ...context, events };
}
const limitOf = ({ window, answerReserve }: ContextSettings) => window - answerReserve;

function mustFit({ messages }: Context, settings: ContextSettings): number {
  const tokens = tokensOf(messages, settings);
  must(
    tokens <= limitOf(settings),
    () =>
      `the messages take ${tokens} tokens; ${limitOf(settings)} are left beside the answer's ${settings.answerReserve}`,
  );
  return tokens;
}

/** What holds of every context. */
function mustStand(context: Context, asked: ContextRequest, settings: ContextSettings): void {
  const [first] = context.messages;
  const tokens = mustFit(context, settings);
  must(
    first?.role === 'system' && first.content.includes(asked.system),
    "the prompt doesn't begin with the whole system message",
  );
  must(isAsked(context, asked), "the prompt doesn't end with the whole question");
  must(context.tokens === tokens, () => `a context of ${tokens} tokens says that it has ${context.tokens}`);
  const wrong = misplaced(context);
  must(wrong === undefined, () => `${wrong}`);
  const said = [...context.included.map(({ passage }) => passage.id), ...context.left].sort();
  const given = asked.passages.map(({ passage }) => passage.id).sort();
  must(
    JSON.stringify(said) === JSON.stringify(given),
    () =>
      `${given.length} passages were given; included and left are ${context.included.length} and ${context.left.length}, and not the same ones once each`,
  );
  must(
    saidBefore(context, asked) !== undefined,
    'what was said before is not there as it was said, the newest of it without a gap',
  );
  mustBeWhole(context, asked, settings);
}

/** Passages are whole, or cut where that was needed and where a sentence or a block ends. */
function mustBeWhole(
  { tokens, included, left }: Context,
  { passages }: ContextRequest,
  settings: ContextSettings,
): void {
  const textTokens = included.reduce((sum, { text }) => sum + countTokens(text), 0);
  const careful = 4 + 8 * included.length;
  const roomy = (more: number, slack: number) =>
    tokens + more + slack <= limitOf(settings) && textTokens + more + slack <= (settings.passagesAtMost ?? Infinity);
  must(
    textTokens <= (settings.passagesAtMost ?? Infinity),
    () => `the passages take ${textTokens} tokens; more than ${settings.passagesAtMost} aren't worth their price`,
  );
  for (const { passage, text } of included) {
    const given = passages.find((one) => one.passage.id === passage.id)?.passage.text ?? '';
    must(given.startsWith(text.trimEnd()), () => `what is included of ${passage.id} isn't how its passage begins`);
    const bad = badCut(given, text.length);
    must(!bad, () => `${passage.id} was cut ${bad}: ${JSON.stringify(text.trimEnd().slice(-60))}`);
    const missing = countTokens(given) - countTokens(text);
    must(
      missing < 3 || !roomy(missing, careful),
      () => `${passage.id} was cut although the other ${missing} tokens of it would have fitted`,
    );
  }
  for (const { passage } of passages.filter((one) => left.includes(one.passage.id))) {
    const more = countTokens(passage.text);
    must(
      !roomy(more, 2 * FRAME + careful + settings.perMessage),
      () => `${passage.id} of ${more} tokens was left; there were ${limitOf(settings) - tokens} to spare`,
    );
  }
}

incident(
  'the question reaches the model, what is sent fits, and nothing stops in the middle',
  {
    recorded: () => recordedDay(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: day,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const prompted = await playDay(scene, run, createContextBudget);
    const all = prompted.length;
    const failed = prompted.filter(({ context }) => !context);
    must(
      failed.length === 0,
      () => `${failed.length} of ${all} questions got no context: ${failed[0]?.failure}`,
      failed[0]?.asked.event,
    );
    const unasked = prompted.filter(({ isAsked }) => !isAsked);
    const over = prompted.filter(({ tokens }) => tokens > limitOf(inProduction));
    const cut = prompted.filter(({ cut }) => cut.length > 0);
    const [first] = [unasked, over, cut].flat();
    must(
      first === undefined,
      () =>
        `of ${all} prompts ${unasked.length} ended before their question did, ${over.length} took more than the ${limitOf(inProduction)} tokens that are left beside the answer, ${cut.length} had a passage cut in the middle`,
      first?.asked.event,
    );
    for (const { context, request, asked } of prompted) {
      must(
        (context?.included.length ?? 0) > 0,
        () => `${asked.ask.id}: none of ${asked.passages.length} passages was included`,
        asked.event,
      );
      if (context) mustStand(context, request, inProduction);
    }
  },
  at,
);

behaviour(
  'never-over',
  'whatever the texts are, what is sent fits, with the system message and the question whole',
  ({ seed }) => {
    for (const { request: asked, settings } of fc.sample(anything, { seed, numRuns: 15 })) {
      const least = leastOf(asked, settings);
      const { context, refusal } = attempt(asked, settings);
      if (least > limitOf(settings)) {
        must(
          refusal?.code === 'CONTEXT_TOO_SMALL',
          () =>
            `system and question take ${least} tokens of ${limitOf(settings)}, and ${refusal ? `the refusal's code is ${refusal.code}: ${refusal.message}` : 'a context was made'}`,
        );
        continue;
      }
      must(
        context !== undefined,
        () => `system and question take ${least} tokens of ${limitOf(settings)}, and it was refused: ${refusal}`,
      );
      mustStand(context, asked, settings);
    }
  },
  at,
);

behaviour(
  'just-fits',
  'system, question and answer alone are a context as long as they fit, and none by one token more',
  ({ seed }) => {
    const history = [{ role: 'user' as const, content: sentence(seed, 'before') }];
    const asked = request(seed, several(seed, 'page', 4, [20, 60]), { history });
    const answerReserve = between(seed, 'reserve', 0, 500);
    const perMessage = between(seed, 'per message', 0, 9);
    const least = leastOf(asked, { window: 0, answerReserve, perMessage });
    const window = least + answerReserve;
    const context = contextOf(asked, { window, answerReserve, perMessage });
    mustStand(context, asked, { window, answerReserve, perMessage });
    const { refusal } = attempt(asked, { window: window - 1, answerReserve, perMessage });
    must(
      refusal?.code === 'CONTEXT_TOO_SMALL',
      () =>
        `system and question take ${least} tokens of ${least - 1}, and ${refusal ? `the refusal's code is ${refusal.code}` : 'a context was made'}`,
    );
    const roomy = { window: window + 2_000, answerReserve, perMessage };
    const bare = contextOf({ ...asked, passages: [], history: [] }, roomy);
    mustStand(bare, { ...asked, passages: [], history: [] }, roomy);
  },
  at,
);

behaviour(
  'models-tokens',
  'room is counted in the tokens of the model, in any script',
  ({ seed }) => {
    for (const script of [
      '日本語の文書を検索する。',
      'Пример текста без пользы. ',
      'aaaa bbbb cccc. ',
      '🤖👩‍👩‍👧. ',
      'नमस्ते दुनिया. ',
    ]) {
      const texts = Array.from({ length: 12 }, (_, n) => script.repeat(between(seed, `${script} ${n}`, 4, 20)));
      const asked = request(
        seed,
        texts.map((text, n) => ranked(`page-${n}`, `${'abcdefghijkl'[n]}: ${text.trim()}`, 0.9 - n / 20)),
      );
      const all = texts.reduce((sum, text) => sum + countTokens(text), 0);
      const settings = {
        window: 700 + Math.floor(all * (0.3 + roll(seed, script) / 2)),
        answerReserve: 500,
        perMessage: 3,
      };
      mustStand(contextOf(asked, settings), asked, settings);
    }
    const special = request(seed, [ranked('page', 'Texts end with <|endoftext|> there. It is a name.', 0.7)]);
    const { included } = contextOf(special, { window: 900, answerReserve: 300, perMessage: 3 });
    must(included.length === 1, "a page that names the model's own <|endoftext|> was left out");
  },
  at,
);

behaviour(
  'at-a-sentence',
  'a passage that has to be cut ends with a sentence or a block, never in code, and what fits of it is there',
  ({ seed }) => {
    const long = sections().filter(({ text }) => text.length > 1_200);
    const texts = [
      ...shuffled(seed, 'sections', long)
        .slice(0, 4)
        .map(({ text }) => text),
      ...['```', '~~~'].map(
        (fence) =>
          `${prose(seed, `one ${fence}`, 50)}\n\n${code(seed, 'block', 200, fence)}\n\n${prose(seed, 'two', 50)}`,
      ),
      prose(seed, 'wrapped', 150),
    ];
    for (const [n, text] of texts.entries()) {
      const asked = request(seed, [ranked(`page-${n}`, text, 0.8)]);
      const base = { window: 0, answerReserve: 300, perMessage: 4 };
      const room = Math.floor(countTokens(text) * (0.25 + 0.6 * roll(seed, `room ${n}`)));
      const settings = { ...base, window: 300 + leastOf(asked, base) + room + 2 * FRAME + 4 };
      const context = contextOf(asked, settings);
      mustFit(context, settings);
      mustBeWhole(context, asked, settings);
      const there = context.included.reduce((sum, one) => sum + countTokens(one.text), 0);
      const paragraphs = [...text.matchAll(/\n[^\S\n]*\n/g)].map(({ index }) => text.slice(0, index));
      const fitting = paragraphs.filter((part) => part.trim() && !badCut(text, part.length)).map(countTokens);
      const most = Math.max(0, ...fitting.filter((tokens) => tokens <= room));
      must(
        there + 3 >= most,
        () => `${there} tokens of a passage are included; whole paragraphs of ${most} would have fitted`,
      );
    }
  },
  at,
);

behaviour(
  'value-per-token',
  'room goes to what is worth most for its tokens, not to what comes first',
  ({ seed }) => {
    const room = between(seed, 'room', 1_300, 2_200);
    const asked = request(seed, longOnesFirst(seed, room));
    const base = { window: 0, answerReserve: between(seed, 'reserve', 100, 900), perMessage: 4 };
    const settings = { ...base, window: base.answerReserve + leastOf(asked, base) + room };
    const context = contextOf(asked, settings);
    mustFit(context, settings);
    mustBeWorth(context, asked, room - FRAME - base.perMessage, 0.8);
  },
  at,
);
function mustBeWorth(context: Context, { passages }: ContextRequest, room: number, share: number): void {
  const worth = worthOf(context.included, passages);
  const best = bestWorth(passages, room);
  must(
    worth >= share * best,
    () =>
      `the ${context.included.length} passages included of ${passages.length} are worth ${worth.toFixed(2)} together; in ${room} tokens there is room for ${best.toFixed(2)}`,
  );
}

behaviour(
  'nobody-starves',
  'one that cannot fit keeps nobody out, small change keeps out no passage that is worth more, and one that is too long is there in part',
  ({ seed }) => {
    const base = { window: 0, answerReserve: 400, perMessage: 4 };
    const withRoom = (asked: ContextRequest, room: number) => ({ ...base, window: 400 + leastOf(asked, base) + room });

    const small = several(seed, 'small', 5, [20, 50]);
    const blocked = request(seed, [ranked('huge', code(seed, 'huge', 1_200), 0.99), ...small]);
    const most = small.reduce((sum, { passage }) => sum + countTokens(passage.text) + FRAME, FRAME);
    const after = contextOf(blocked, withRoom(blocked, most + 100));
    must(
      small.every(({ passage }) => after.included.some((one) => one.passage.id === passage.id)),
      () =>
        `a passage of over 1200 tokens can't fit, and of 5 small ones that do ${after.included.length} are included`,
    );
    mustFit(after, withRoom(blocked, most + 100));

    const change = Array.from({ length: 3 }, (_, n) =>
      ranked(`change-${n}`, `Change ${'abc'[n]}. ${sentence(seed, `change ${n}`, 70)}`, 0.07 + n / 500),
    );
    const main = ranked('main', code(seed, 'main', between(seed, 'main', 900, 1_300)), 0.6);
    const crowded = request(seed, [main, ...change.reverse()]);
    const room = countTokens(main.passage.text) + 2 * FRAME + 4;
    const withMain = contextOf(crowded, withRoom(crowded, room));
    mustBeWorth(withMain, crowded, room - FRAME - 4, 0.5);
    mustFit(withMain, withRoom(crowded, room));

    const block = (name: string, score: number) => ranked(name, code(seed, name, 320), score);
    const lines = ['left', 'middle', 'right'].map((name) => ranked(name, sentence(seed, name, 8), 0.01));
    const [first, second] = [block('first', 0.95), block('second', 0.9)];
    const gap = request(seed, [first, second, ...lines]);
    const forOne = [first, ...lines].reduce((sum, { passage }) => sum + countTokens(passage.text) + FRAME, 2 * FRAME);
    const filled = contextOf(gap, withRoom(gap, forOne));
    mustFit(filled, withRoom(gap, forOne));
    must(
      filled.included.length === 4,
      () => `of two long passages one fits, and 3 lines beside it; ${filled.included.length} of these 4 are included`,
    );

    const endless = request(seed, [ranked('endless', prose(seed, 'endless', 900), 0.7)]);
    const part = contextOf(endless, withRoom(endless, between(seed, 'part', 350, 600)));
    mustFit(part, withRoom(endless, 600));
    must(part.included.length === 1, 'the one passage that was found is too long, and nothing of it is included');
  },
  at,
);

behaviour(
  'at-the-edges',
  'the two best passages are at the two ends, and towards the middle each is worth less than the one before it',
  ({ seed }) => {
    for (const count of [1, 2, 3, between(seed, 'count', 4, 7), between(seed, 'more', 8, 14)]) {
      const asked = request(seed, several(seed, `n${'abcdefghijklmno'[count]}`, count, [20, 90]));
      const scarce = roll(seed, `scarce ${count}`) < 0.3;
      const settings = { window: scarce ? 1_100 : 9_000, answerReserve: 500, perMessage: 4 };
      const context = contextOf(asked, settings);
      const scores = context.included.map(
        ({ passage }) => asked.passages.find((one) => one.passage.id === passage.id)?.score ?? 0,
      );
      const order = `scores in the prompt's order: ${scores.map((score) => score.toFixed(2)).join(', ')}`;
      const best = [...scores].sort((a, b) => b - a).slice(0, 2);
      const ends = [scores[0], scores.at(-1)].sort((a = 0, b = 0) => b - a);
      must(
        scores.length < 2 || best.every((score, n) => score === ends[n]),
        () => `the two best aren't at the two ends; ${order}`,
      );
      const least = scores.indexOf(Math.min(...scores));
      const valley = scores.every(
        (score, n) => n === 0 || (n <= least ? score <= (scores[n - 1] as number) : score >= (scores[n - 1] as number)),
      );
      must(valley, () => `towards the middle a better passage follows a worse one; ${order}`);
      const wrong = misplaced(context);
      must(wrong === undefined, () => `${wrong}`);
    }
  },
  at,
);

behaviour(
  'said-before',
  'what was said before is kept from its newest end, whole and without a gap, up to its limit and ahead of the passages',
  ({ seed }) => {
    for (const scene of ['some', 'none', 'all', 'no limit']) {
      const turns = between(seed, `turns ${scene}`, 4, 9);
      const history = Array.from({ length: turns }, (_, n) => ({
        role: n % 2 ? ('assistant' as const) : ('user' as const),
        content: `Turn ${'abcdefghij'[n]}: ${sentence(seed, `${scene} turn ${n}`, between(seed, `${scene} size ${n}`, 3, 60))}`,
      }));
      const asked = request(seed, several(seed, 'page', 8, [40, 160]), { history });
      const base = { window: 0, answerReserve: 300, perMessage: between(seed, 'per message', 2, 6) };
      const cost = (kept: number) => (kept > 0 ? tokensOf(history.slice(-kept), base) : 0);
      const wanted = { some: between(seed, 'kept', 1, turns - 1), none: 0, all: turns, 'no limit': turns }[scene] ?? 0;
      const historyAtMost =
        { none: cost(1) - 1, all: cost(turns) + 50 }[scene] ??
        cost(wanted) + between(seed, 'spare', 0, Math.min(3, cost(wanted + 1) - cost(wanted) - 1));
      const settings = {
        ...base,
        window: 300 + leastOf(asked, base) + cost(turns) + 500,
        ...(scene !== 'no limit' && { historyAtMost }),
      };
      const context = contextOf(asked, settings);
      mustFit(context, settings);
      const kept = saidBefore(context, asked);
      const answersFirst = history[turns - wanted]?.role === 'assistant' ? 1 : 0;
      must(
        kept !== undefined && kept <= wanted && kept >= wanted - answersFirst,
        () =>
          `of ${turns} messages said before the newest ${wanted} take ${cost(wanted)} tokens, and ${scene === 'no limit' ? 'there is room for them' : `the limit is ${historyAtMost}`}; ${kept} are there`,
      );
    }
  },
  at,
);

behaviour(
  'same-bytes',
  'the same question with the same passages gives the same context, byte for byte, whoever asked in between',
  ({ seed }) => {
    const tied = several(seed, 'page', 12, [30, 90]).map(({ passage }) => ({
      passage,
      score: pick(seed, passage.id, [0.4, 0.6]),
    }));
    const asked = request(
      seed,
      tied.sort((a, b) => b.score - a.score),
    );
    const settings = { window: 1_400, answerReserve: 500, perMessage: 4 };
    const emit = () => {};
    const budget = createContextBudget({ countTokens, emit }, settings);
    const given = structuredClone(asked);
    const first = JSON.stringify(budget(given).messages);
    budget(request(seed + 1, several(seed, 'other', 5, [30, 90])));
    must(first === JSON.stringify(budget(given).messages), 'asked again, the same question got another context');
    const another = createContextBudget({ countTokens, emit }, settings)(structuredClone(asked));
    must(
      first === JSON.stringify(another.messages),
      'asked of another instance, the same question got another context',
    );
    must(JSON.stringify(given) === JSON.stringify(asked), 'the request was changed');
  },
  at,
);

tradeOff(
  'a window with room in it is not filled: passages stop where they stop being worth their price, and the price is told',
  ({ seed }) => {
    const answerable = asks('visible').filter(({ claims }) => claims.length > 0);
    const ask = pick(seed, 'ask', answerable as [Ask]);
    const asked = requestOf({ ask, after: [], passages: found(seed, ask, 30) });
    const base = { window: 32_000, answerReserve: 1_000, perMessage: 4 };
    for (const passagesAtMost of [between(seed, 'at most', 400, 1_500), undefined]) {
      const settings = { ...base, ...(passagesAtMost !== undefined && { passagesAtMost }) };
      const { events, ...context } = contextOf(asked, settings);
      mustStand(context, asked, settings);
      if (passagesAtMost) mustBeWorth(context, asked, passagesAtMost, 0.5);
      const worth = worthOf(context.included, asked.passages);
      const told = events.filter(({ type }) => type === 'ContextAssembled');
      const { data } = told[0] ?? {};
      const near = (given: unknown, wanted: number) =>
        typeof given === 'number' && Math.abs(given - wanted) <= 0.02 * wanted;
      must(
        told.length === 1 &&
          data?.tokens === context.tokens &&
          near(data.worth, worth) &&
          near(data.costPerPoint, context.tokens / worth),
        () =>
          `a context of ${context.tokens} tokens is worth ${worth.toFixed(2)}: ${(context.tokens / worth).toFixed(0)} tokens a point; told was ${JSON.stringify(told.map((event) => event.data))}`,
      );
    }
    const { events } = contextOf({ ...asked, passages: [] }, base);
    must(
      events[0]?.data.costPerPoint === null,
      () => `no passage was given, and a point is said to cost ${events[0]?.data.costPerPoint}`,
    );
  },
  at,
);
