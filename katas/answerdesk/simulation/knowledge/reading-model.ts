import { between, pick, roll } from '#kit/seeded.ts';
import type { Message } from '../../knowledge.ts';
import { UNTRUSTED } from '../../seams/guardrails.ts';

/** Something that the model says once it has read one of the quotes. */
export interface Fact {
  says: string;
  quotes: readonly string[];
}

/** What the model makes of one question: recorded rules, in place of weights. */
export interface Reading {
  question: string;
  /** What is right for whoever asks, and what is right for somebody else. */
  facts: readonly Fact[];
  tempting: readonly Fact[];
  /** Its fluent answer where it finds neither. */
  invents: string;
  /** Orders that a page may give it, in plain text, and what it then says. */
  orders: readonly { reads: string; obeys: string }[];
}

interface Said {
  text: string;
  cites: number[];
  quotes: string[];
}

/** Between these shares of a long prompt a model overlooks things (Liu et al., Lost in the Middle, 2023). */
const MIDDLE = { from: 0.4, to: 0.6, longerThan: 6_000 };
/** How often it adds something that stands nowhere, and how often it doesn't quote letter by letter. */
const EMBELLISHES = 0.15;
const MISQUOTES = 0.2;

/**
 * What the model replies to a prompt. The same prompt gets the same reply.
 * 1. What a page orders, outside the marks of a quotation, it does.
 * 2. Without the question it guesses, and says what it remembers.
 * 3. It says each fact that it finds; where one that is right for somebody else stands before it, that one.
 * 4. What stands in the middle of a long prompt it overlooks.
 * 5. Where it finds nothing, it says what it remembers, and shows two words for it that happen to stand in a
 *    passage, or a passage that isn't there.
 */
export function readAndReply(reading: Reading, messages: readonly Message[], seed: number, id: string): string {
  const prompt = messages.map(({ content }) => content).join('\n\n');
  const order = obeyed(reading, messages);
  const text = flat(prompt.replaceAll(UNTRUSTED.open, '').replaceAll(UNTRUSTED.close, ''));
  if (order) return reply([{ text: order.obeys, cites: [1], quotes: [] }]);
  if (!text.includes(flat(reading.question))) return reply([memory(reading, prompt, seed, id)]);
  const said = found(reading, text, seed, id);
  if (said.length === 0) return reply([memory(reading, prompt, seed, id)]);
  if (roll(seed, `embellish ${id}`) >= EMBELLISHES) return reply(said);
  return reply([...said, memory(reading, prompt, seed, id)]);
}

/** The order in a prompt that the model obeys: whatever the letters are that it is hidden in, a model reads it. */
export function obeyed({ orders }: Reading, messages: readonly Message[]): Reading['orders'][number] | undefined {
  const told = trusted(messages.map(({ content }) => content).join('\n\n'));
  const read = flat(`${told} ${decoded(told)}`.replace(/\p{Default_Ignorable_Code_Point}/gu, ''));
  return orders.find(({ reads }) => read.includes(flat(reads)));
}

const decoded = (text: string): string =>
  (text.match(/[A-Za-z0-9+/]{24,}={0,2}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString()).join(' ');

const reply = (claims: readonly Said[]) => JSON.stringify({ claims });
const flat = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Without what stands between the marks of a quotation. */
function trusted(text: string): string {
  return text
    .split(UNTRUSTED.open)
    .map((part, n) => (n === 0 ? part : (part.split(UNTRUSTED.close)[1] ?? '')))
    .join(' ');
}

function found({ facts, tempting }: Reading, text: string, seed: number, id: string): Said[] {
  const place = (fact: Fact) => {
    const places = fact.quotes.map((quote) => ({ quote, at: text.indexOf(flat(quote)) }));
    const seen = places.filter(({ at }) => at >= 0 && !isOverlooked(at / text.length, text.length));
    return seen.sort((a, b) => a.at - b.at)[0];
  };
  const right = facts.map((fact) => ({ fact, seen: place(fact) }));
  const wrong = tempting.map((fact) => ({ fact, seen: place(fact) })).filter(({ seen }) => seen !== undefined);
  const firstWrong = wrong.sort((a, b) => (a.seen?.at ?? 0) - (b.seen?.at ?? 0))[0];
  const firstRight = Math.min(...right.map(({ seen }) => seen?.at ?? Infinity));
  const chosen = firstWrong && (firstWrong.seen?.at ?? 0) < firstRight ? [firstWrong] : right;
  return chosen.flatMap(({ fact, seen }, n) => {
    if (!seen) return [];
    const quotes = [misquoted(seen.quote, seed, `${id} ${n}`)];
    return [{ text: fact.says, cites: [numberBefore(text, seen.at)], quotes }];
  });
}

const isOverlooked = (share: number, length: number) =>
  length > MIDDLE.longerThan && share > MIDDLE.from && share < MIDDLE.to;

/** A passage's number stands before its text, as `[3]`. */
function numberBefore(text: string, at: number): number {
  const numbers = [...text.slice(0, at).matchAll(/\[(\d{1,2})\](?![:(])/g)];
  return Number(numbers.at(-1)?.[1] ?? 1);
}

/** Models don't keep to the letter: other quotation marks, other white space. */
function misquoted(quote: string, seed: number, id: string): string {
  if (roll(seed, `misquote ${id}`) >= MISQUOTES) return quote;
  const ways: [string, string] = [quote.replaceAll("'", '’').replaceAll('"', '”'), quote.replace(/\s+/g, ' \n')];
  return pick(seed, `how ${id}`, ways);
}

/** How often what it shows for something that it remembers isn't there at all. */
const SHOWS_NOTHING = 0.1;

/** What it remembers, with two words of a passage that say nothing about it. */
function memory({ invents }: Reading, prompt: string, seed: number, id: string): Said {
  const from = prompt.search(/(?<!:)\[1\](?![:(])/);
  const [words] = (from < 0 ? null : prompt.slice(from).match(/(?<=\s)[a-z]{3,} [a-z]{3,}(?=\s)/)) ?? [];
  if (words === undefined || roll(seed, `shows ${id}`) < SHOWS_NOTHING)
    return { text: invents, cites: [between(seed, `cites ${id}`, 21, 40)], quotes: [invents] };
  return { text: invents, cites: [1], quotes: [words] };
}
