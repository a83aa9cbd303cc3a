import type { Passage } from '#answerdesk/knowledge.ts';
import type { ContextRequest, ContextSettings, RankedPassage } from '#answerdesk/seams/context-budget.ts';
import { fc } from '#kit/property.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { countTokens } from './library.ts';

const WORDS =
  'the route hook server reply request option plugin schema logger timeout default handler body limit encapsulated register before after throws listens accepts returns when where only never always header stream payload'.split(
    ' ',
  );
const NAMED = ['`bodyLimit`', 'Node.js', 'v4.29.1', '`reply.send()`', '**not**', '(see below)', '0.5 s', '"strict"'];

/** A seeded sentence of so many words. */
export function sentence(seed: number, name: string, words = between(seed, `${name} words`, 6, 22)): string {
  const said = Array.from({ length: words }, (_, n) => {
    const word = `${name} ${n}`;
    return roll(seed, word) < 0.08
      ? pick(seed, `${word} named`, NAMED as [string])
      : pick(seed, word, WORDS as [string]);
  });
  const end = pick(seed, `${name} end`, ['.', '.', '.', '!', '?', ' (see `4.2`).', '."']);
  return `${said.join(' ').replace(/^[a-z]/, (first) => first.toUpperCase())}${end}`;
}

/** Lines of at most so many characters, as documentation is written. */
const wrapped = (text: string, width = 72) =>
  text.replace(new RegExp(`(?=.{${width}})(.{20,${width - 1}}) `, 'g'), '$1\n');

/** Sentences in paragraphs of hard-wrapped lines, at least so many tokens. */
export const prose = (seed: number, name: string, tokens: number): string =>
  blocks(tokens, (n) => {
    const sentences = Array.from({ length: 4 }, (_, s) => sentence(seed, `${name} ${n} ${s}`));
    return wrapped(sentences.join(' '));
  });

/** A code block with comments that are sentences, at least so many tokens. */
export function code(seed: number, name: string, tokens: number, fence = '```'): string {
  const lines = blocks(tokens, (n) => {
    const comment = sentence(seed, `${name} ${n}`, 5);
    return `// ${comment} Then it goes on.\nfastify.get('/${name}/${n}', async () => ({ n: ${n} }))`;
  });
  return `${fence}js\n${lines}\n${fence}`;
}

function blocks(tokens: number, blockOf: (n: number) => string): string {
  const made: string[] = [];
  for (let sum = 0; sum < tokens; sum += countTokens(made.at(-1) as string)) made.push(blockOf(made.length));
  return made.join('\n\n');
}

export const ranked = (id: string, text: string, score: number): RankedPassage => {
  const page = `handbook/${id.replace(/\d+/g, '')}.md`;
  const metadata = { tenant: 'northwind', readers: ['support'] };
  const passage: Passage = { id, page, start: 0, end: text.length, headings: [], text, metadata };
  return { passage, score };
};
export const bestFirst = (passages: readonly RankedPassage[]): RankedPassage[] =>
  [...passages].sort((a, b) => b.score - a.score);

/** A few long passages which are a little better than many short ones, and many lines that are worth next to nothing. */
export function longOnesFirst(seed: number, room: number): RankedPassage[] {
  const score = (name: string, low: number, high: number) => low + (high - low) * roll(seed, `score ${name}`);
  const of = (kind: string, count: number, tokens: number, low: number, high: number) =>
    Array.from({ length: count }, (_, n) =>
      ranked(`${kind}-${n}`, `${kind} ${n}. ${prose(seed, `${kind} ${n}`, tokens)}`, score(`${kind} ${n}`, low, high)),
    );
  const lines = Array.from({ length: 40 }, (_, n) =>
    ranked(`line-${n}`, `Line ${n} says nothing. See above.`, score(`line ${n}`, 0.01, 0.02)),
  );
  return bestFirst([...of('long', 12, room / 12, 0.7, 0.75), ...of('short', 30, 25, 0.55, 0.65), ...lines]);
}

const PARTS = [
  '日本語の文書を検索する。',
  '버전 5에서 제거되었다. ',
  'नमस्ते दुनिया। ',
  '🤖👩‍👩‍👧🇺🇦 ',
  '        ',
  '\n\n\n',
  '```\ncode. here\n```\n',
  '| a | b. |\n',
  '- item. \n',
  "don't ",
  '31415926535',
  'naïve café. ',
  '\u200b\u00a0',
  'FST_ERR_CTP_INVALID_MEDIA_TYPE ',
  'xkcdqzwv'.repeat(5),
  '+-=/*&^%$#@!',
  'The server listens. ',
];

/** Requests of whatever text, and settings from far too small to far too large. */
export const anything: import('fast-check').Arbitrary<{ request: ContextRequest; settings: ContextSettings }> = (() => {
  const part = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...PARTS) },
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const text = (maxLength: number) =>
    fc.array(part, { maxLength }).map((parts) => Buffer.from(parts.join('')).toString());
  const optional = (max: number) => fc.option(fc.nat({ max }), { nil: undefined });
  const passages = fc
    .array(fc.tuple(text(25), fc.double({ min: 0.01, max: 1, noNaN: true })), { maxLength: 9 })
    .map((all) =>
      bestFirst(all.map(([body, score], n) => ranked(`p-${n}`, `Passage ${'abcdefghi'[n]}. ${body}`, score))),
    );
  const history = fc.array(text(8), { maxLength: 5 }).map((all) =>
    all.map((body, n) => ({
      role: n % 2 ? ('assistant' as const) : ('user' as const),
      content: `Turn ${n}. ${body}`,
    })),
  );
  const request = fc.record({
    system: text(6).map((body) => `You are the desk. ${body}`),
    question: text(4).map((body) => `Question: ${body} why?`),
    history,
    passages,
  });
  const settings = fc
    .record({
      window: fc.integer({ min: 20, max: 1_200 }),
      answerReserve: fc.nat({ max: 150 }),
      perMessage: fc.nat({ max: 8 }),
      historyAtMost: optional(200),
      passagesAtMost: optional(600),
    })
    .map(({ historyAtMost, passagesAtMost, ...rest }) => ({
      ...rest,
      ...(historyAtMost !== undefined && { historyAtMost }),
      ...(passagesAtMost !== undefined && { passagesAtMost }),
    }));
  return fc.record({ request, settings });
})();

/** A question with so many passages of seeded length and score. */
export function request(
  seed: number,
  passages: readonly RankedPassage[],
  over: Partial<ContextRequest> = {},
): ContextRequest {
  return {
    system: `You answer from the passages. ${sentence(seed, 'system')}`,
    question: `Why is it so? ${sentence(seed, 'question')}`,
    history: [],
    passages,
    ...over,
  };
}

/** A few passages of prose with scores that differ, best first. */
export function several(seed: number, name: string, count: number, tokens: readonly [number, number]): RankedPassage[] {
  const scores = shuffled(
    seed,
    `${name} scores`,
    Array.from({ length: 20 }, (_, n) => 0.05 + n * 0.045),
  ).slice(0, count);
  return bestFirst(
    scores.map((score, n) => {
      const size = between(seed, `${name} size ${n}`, ...tokens);
      return ranked(
        `${name}-${n}`,
        `About ${name} ${'abcdefghijklmnopqrst'[n]}. ${prose(seed, `${name} ${n}`, size)}`,
        score,
      );
    }),
  );
}
