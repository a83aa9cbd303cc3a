// Counts with the newest tokenizer, o200k, which isn't this model's: Hindi and Russian take more than it says.
import { countTokens as ofAnotherModel } from 'gpt-tokenizer/encoding/o200k_base';
import type { Message } from '#answerdesk/knowledge.ts';
import type {
  Context,
  ContextRequest,
  CreateContextBudget,
  IncludedPassage,
  RankedPassage,
} from '#answerdesk/seams/context-budget.ts';

/** A passage, or what of it is in the prompt. Costs are tokens: of the text, and with what stands around it. */
interface Piece extends RankedPassage {
  text: string;
  tokens: number;
  cost: number;
  worth: number;
}

class ContextTooSmall extends Error {
  readonly code = 'CONTEXT_TOO_SMALL';
}

const frame = ({ passage, text }: Pick<IncludedPassage, 'passage' | 'text'>, number: number) =>
  `[${number}] ${passage.page} (${passage.metadata.version ?? 'no version'})\n${text}\n\n`;

export const createContextBudget: CreateContextBudget = ({ emit }, settings) => {
  const countTokens = (text: string) => ofAnotherModel(text, { allowedSpecial: 'all' });
  const limit = settings.window - settings.answerReserve;
  const { historyAtMost = Infinity, passagesAtMost = Infinity } = settings;
  const tokensOf = (messages: readonly Message[]) =>
    messages.reduce((sum, { content }) => sum + settings.perMessage + countTokens(content), 0);

  function newest(history: readonly Message[], room: number): readonly Message[] {
    let first = history.length;
    while (first > 0 && tokensOf(history.slice(first - 1)) <= room) first--;
    return history.slice(first);
  }

  const piece = ({ passage, score }: RankedPassage, text = passage.text, share = 1): Piece => {
    const tokens = countTokens(text);
    return { passage, score, text, tokens, cost: countTokens(frame({ passage, text }, 99)), worth: score * share };
  };

  /** As much of the piece as fits, by whole sentences. */
  function cut(whole: Piece, fits: (part: Piece) => boolean): Piece | undefined {
    const ends = sentenceEnds(whole.text);
    const upTo = (end: number) => {
      const text = whole.text.slice(0, end);
      return piece(whole, text, countTokens(text) / whole.tokens);
    };
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fits(upTo(ends[middle] as number))) low = middle + 1;
      else high = middle;
    }
    return low > 0 ? upTo(ends[low - 1] as number) : undefined;
  }

  /** Takes whoever fits, in this order; what is left over goes to the beginning of one that doesn't. */
  function packed(order: readonly Piece[], room: number): Piece[] {
    const taken: Piece[] = [];
    const fits = ({ cost, tokens }: Piece) =>
      sum(taken, 'cost') + cost <= room && sum(taken, 'tokens') + tokens <= passagesAtMost;
    const tooLong = order.filter((each) => !(fits(each) && taken.push(each)));
    for (const each of tooLong) {
      const part = cut(each, fits);
      if (part) return [...taken, part];
    }
    return taken;
  }

  function pack(passages: readonly RankedPassage[], room: number): Piece[] {
    const pieces = passages.map((each) => piece(each));
    const byValue = [...pieces].sort((a, b) => b.score / b.cost - a.score / a.cost);
    const best = pieces.find(({ cost, tokens }) => cost <= room && tokens <= passagesAtMost);
    // Small change must not keep out the one passage that is worth more than all of it.
    const bestFirst = best ? [best, ...byValue.filter((each) => each !== best)] : byValue;
    const [one, other] = [packed(byValue, room), packed(bestFirst, room)];
    return sum(one, 'worth') >= sum(other, 'worth') ? one : other;
  }

  function prompt({ system, question }: ContextRequest, said: readonly Message[], pieces: readonly Piece[]) {
    const included = atTheEdges(pieces).map(({ passage, text }, n) => ({ number: n + 1, passage, text }));
    const sources = included.map((each) => frame(each, each.number)).join('');
    const messages: Message[] = [
      { role: 'system', content: system },
      ...said,
      { role: 'user', content: sources + question },
    ];
    return { messages, included, tokens: tokensOf(messages) };
  }

  return (request): Context => {
    const least = prompt(request, [], []).tokens;
    if (least > limit) {
      throw new ContextTooSmall(`system and question take ${least} tokens; there are ${limit} beside the answer`);
    }
    const said = newest(request.history, Math.min(historyAtMost, limit - least));
    const pieces = pack(request.passages, limit - least - tokensOf(said));
    let made = prompt(request, said, pieces);
    // Tokens of parts don't always add up to those of the whole.
    while (made.tokens > limit && pieces.pop()) made = prompt(request, said, pieces);

    const { messages, tokens, included } = made;
    const worth = sum(pieces, 'worth');
    const left = request.passages
      .map(({ passage }) => passage.id)
      .filter((id) => !pieces.some((p) => p.passage.id === id));
    emit({ type: 'ContextAssembled', data: { tokens, worth, costPerPoint: worth > 0 ? tokens / worth : null } });
    return { messages, tokens, included, left };
  };
};

const sum = (pieces: readonly Piece[], of: 'cost' | 'tokens' | 'worth') =>
  pieces.reduce((total, each) => total + each[of], 0);

/** The best first, the second best last, and so on to the middle, which is read least. */
function atTheEdges(pieces: readonly Piece[]): Piece[] {
  const ranked = [...pieces].sort((a, b) => b.score - a.score);
  return [...ranked.filter((_, n) => n % 2 === 0), ...ranked.filter((_, n) => n % 2 === 1).reverse()];
}

const STARTS_A_BLOCK = /^\s*(?:[-*+]\s|\d+[.)]\s|#|```|~~~|\||$)/;
const SENTENCE = /[.!?]["')\]*_`]*(?=\s)/g;

/** Offsets where a sentence, a list item, a paragraph or a code block ends; none within a code block. */
function sentenceEnds(text: string): number[] {
  const ends: number[] = [];
  const lines = text.split('\n');
  let at = 0;
  let fence: string | undefined;
  for (const [n, line] of lines.entries()) {
    const marks = /^\s*(```+|~~~+)/.exec(line)?.[1];
    const closes = fence !== undefined && marks?.startsWith(fence);
    if (!fence && !marks) {
      for (const match of line.matchAll(SENTENCE)) ends.push(at + match.index + match[0].length);
      if (line.trim() && STARTS_A_BLOCK.test(lines[n + 1] ?? '')) ends.push(at + line.length);
    }
    if (closes) ends.push(at + line.length);
    fence = closes ? undefined : (fence ?? marks);
    at += line.length + 1;
  }
  return [...new Set(ends)];
}
