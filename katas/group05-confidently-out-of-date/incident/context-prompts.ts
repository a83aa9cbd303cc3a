import type { Message } from '#answerdesk/knowledge.ts';
import type { Context, ContextRequest, ContextSettings, RankedPassage } from '#answerdesk/seams/context-budget.ts';
import { countTokens } from './library.ts';

/** What may stand around each passage, and before them all, in tokens. */
export const FRAME = 40;

export const tokensOf = (messages: readonly Message[], { perMessage }: Pick<ContextSettings, 'perMessage'>): number =>
  messages.reduce((sum, { content }) => sum + perMessage + countTokens(content), 0);

/** Tokens of the system's message and the question, which no context goes without. */
export const leastOf = ({ system, question }: ContextRequest, { perMessage }: ContextSettings): number =>
  2 * perMessage + countTokens(system) + countTokens(question);

const SENTENCE_ENDS = /[.!?…]["'”’»)\]*_`~]*$|[。！？]["'”’»」』）)*_`]*$/;
const STRUCTURE = /^[^\S\n]*(?:[-*+]\s|\d+[.)]\s|#|```|~~~|\||>|<)/;

/** Whether a code block is open where the text ends. */
export function inCode(text: string): boolean {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const fence = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (!fence) continue;
    if (open === undefined) open = fence;
    else if (fence[0] === open[0] && fence.length >= open.length) open = undefined;
  }
  return open !== undefined;
}

/** What is wrong with a cut after the first `length` characters; nothing if a sentence or a block ends there. */
export function badCut(text: string, length: number): string | undefined {
  const kept = text.slice(0, length).trimEnd();
  const rest = text.slice(kept.length);
  if (!rest.trim()) return undefined;
  if (inCode(kept)) return 'within a code block';
  if (SENTENCE_ENDS.test(kept) && (/^\s/.test(rest) || /[。！？]/.test(kept.slice(-2)))) return undefined;
  if (/^[^\S\n]*\n[^\S\n]*\n/.test(rest)) return undefined;
  const lineEnds = /^[^\S\n]*\n/.exec(rest);
  const lastLine = kept.slice(kept.lastIndexOf('\n') + 1);
  const besideStructure = STRUCTURE.test(rest.slice(lineEnds?.[0].length)) || /^\s*(?:#|\||```|~~~)/.test(lastLine);
  return lineEnds && besideStructure ? undefined : 'in the middle of a sentence';
}

/** Where a prompt's messages stand in it, one after the other. */
const flat = (messages: readonly Message[]) => messages.map(({ content }) => content).join('\n');

/** Whether the last message is the user's and asks the whole question, after all that was included. */
export function isAsked({ messages, included }: Context, { question }: ContextRequest): boolean {
  const last = messages.at(-1);
  if (messages.length < 2 || last?.role !== 'user') return false;
  const asked = last.content.lastIndexOf(question);
  const after = Math.max(-1, ...included.map(({ text }) => last.content.lastIndexOf(text)));
  return asked >= 0 && asked >= after;
}

/** What was kept of what was said before: how many messages, the newest of them; undefined if anything else was. */
export function saidBefore({ messages }: Context, { history }: ContextRequest): number | undefined {
  const between = messages.slice(1, -1).filter(({ content }) => history.some((turn) => turn.content === content));
  const newest = history.slice(history.length - between.length);
  const same = newest.every((turn, n) => turn.role === between[n]?.role && turn.content === between[n]?.content);
  return same ? between.length : undefined;
}

/** How the included passages' texts stand in the prompt: what breaks there, in words. */
export function misplaced({ messages, included }: Context): string | undefined {
  const prompt = flat(messages);
  let at = 0;
  for (const [n, { number, passage, text }] of included.entries()) {
    if (number !== n + 1) return `the passage that stands at place ${n + 1} is numbered ${number}`;
    const start = prompt.indexOf(text, at);
    if (!text.trim() || start < 0) return `what is said to be included of ${passage.id} isn't in the prompt`;
    const numbered = new RegExp(`(?<!\\d)${number}(?!\\d)`).test(prompt.slice(at, start));
    if (!numbered) return `before the text of ${passage.id} the prompt has no ${number} to cite it by`;
    at = start + text.length;
  }
  return undefined;
}

export const worthOf = (included: Context['included'], passages: readonly RankedPassage[]): number =>
  included.reduce((sum, { passage, text }) => {
    const score = passages.find((one) => one.passage.id === passage.id)?.score ?? 0;
    const whole = text.trimEnd() === passage.text.trimEnd();
    return sum + score * (whole ? 1 : countTokens(text) / countTokens(passage.text));
  }, 0);

/** The most that whole passages are worth together in so many tokens, frames included. */
export function bestWorth(passages: readonly RankedPassage[], room: number): number {
  const most = new Float64Array(Math.max(0, Math.floor(room)) + 1);
  for (const { passage, score } of passages) {
    const tokens = countTokens(passage.text) + FRAME;
    for (let size = most.length - 1; size >= tokens; size--)
      most[size] = Math.max(most[size] as number, (most[size - tokens] as number) + score);
  }
  return most.at(-1) ?? 0;
}
