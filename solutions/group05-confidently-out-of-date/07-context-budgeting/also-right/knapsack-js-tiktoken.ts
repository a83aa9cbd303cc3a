import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import type { Message, Passage } from '#answerdesk/knowledge.ts';
import type { CreateContextBudget, RankedPassage } from '#answerdesk/seams/context-budget.ts';

const encoding = new Tiktoken(cl100k);
const counts = new Map<string, number>();
function count(text: string): number {
  const known = counts.get(text) ?? encoding.encode(text, 'all').length;
  counts.set(text, known);
  return known;
}

const framed = (passage: Passage, number: number, text: string) => `Passage ${number}, ${passage.page}:\n${text}`;

/** Each passage is a message of its own. Which ones is a knapsack, solved exactly; nothing is left to greed. */
export const createContextBudget: CreateContextBudget = ({ emit }, settings) => {
  const { window, answerReserve, perMessage, historyAtMost, passagesAtMost } = settings;
  const room = window - answerReserve;
  const cost = (...messages: Message[]) => messages.reduce((n, { content }) => n + perMessage + count(content), 0);

  return ({ system, question, history, passages }) => {
    const first: Message = { role: 'system', content: system };
    const last: Message = { role: 'user', content: question };
    let free = room - cost(first, last);
    if (free < 0) {
      const error = new Error(`${-free} tokens too many before the first passage`);
      throw Object.assign(error, { code: 'CONTEXT_TOO_SMALL' });
    }

    let allowance = Math.min(free, historyAtMost ?? free);
    const said: Message[] = [];
    for (let n = history.length - 1; n >= 0; n--) {
      const turn = history[n] as Message;
      allowance -= cost(turn);
      if (allowance < 0) break;
      said.unshift(turn);
    }
    free -= cost(...said);

    const items = passages.map((ranked) => itemOf(ranked, ranked.passage.text, perMessage));
    const most = passagesAtMost ?? Number.POSITIVE_INFINITY;
    const chosen = knapsack(items, free, most);
    let spare = free - chosen.reduce((n, { size }) => n + size, 0);
    const textSpare = most - chosen.reduce((n, { tokens }) => n + tokens, 0);
    const waiting = items.filter((item) => !chosen.includes(item)).sort((a, b) => b.score - a.score);
    for (const item of waiting) {
      let part: Item | undefined;
      for (const text of sentences(item.text)) {
        const next = itemOf(item, text, perMessage);
        if (next.size > spare || next.tokens > textSpare) break;
        part = next;
      }
      if (!part) continue;
      chosen.push({ ...part, worth: (item.score * part.tokens) / item.tokens });
      spare -= part.size;
      break;
    }

    const ordered = chosen
      .sort((a, b) => b.score - a.score)
      .reduce<typeof chosen>((row, item, n) => {
        row.splice(Math.ceil(n / 2), 0, item);
        return row;
      }, []);
    const included = ordered.map(({ passage, text }, n) => ({ number: n + 1, passage, text }));
    const quoted = included.map(
      ({ number, passage, text }): Message => ({ role: 'user', content: framed(passage, number, text) }),
    );
    const messages = [first, ...said, ...quoted, last];
    const tokens = cost(...messages);
    const worth = chosen.reduce((n, item) => n + item.worth, 0);
    emit({ type: 'ContextAssembled', data: { tokens, worth, costPerPoint: worth ? tokens / worth : null } });
    const left = passages.flatMap(({ passage: { id } }) =>
      included.some(({ passage }) => passage.id === id) ? [] : [id],
    );
    return { messages, tokens, included, left };
  };
};

interface Item extends RankedPassage {
  text: string;
  tokens: number;
  size: number;
  worth: number;
}
const itemOf = ({ passage, score }: RankedPassage, text: string, perMessage: number): Item => {
  // Three digits are one token, so that the place in the prompt doesn't change the size.
  const size = perMessage + count(framed(passage, 99, text));
  return { passage, score, text, tokens: count(text), size, worth: score };
};

const total = (items: readonly Item[], of: 'size' | 'tokens') => items.reduce((sum, item) => sum + item[of], 0);

/** The most worth within one limit: the table's rows are items, its columns how much of the limit is used. */
function within(items: readonly Item[], of: 'size' | 'tokens', limit: number): Item[] {
  if (total(items, of) <= limit) return [...items];
  const best = new Float64Array(limit + 1);
  const takes = items.map((item) => {
    const row = new Uint8Array(limit + 1);
    for (let used = limit; used >= item[of]; used--) {
      const worth = (best[used - item[of]] as number) + item.worth;
      if (worth <= (best[used] as number)) continue;
      best[used] = worth;
      row[used] = 1;
    }
    return row;
  });
  const chosen: Item[] = [];
  for (let n = items.length - 1, used = limit; n >= 0; n--) {
    const item = items[n] as Item;
    if (!takes[n]?.[used]) continue;
    chosen.push(item);
    used -= item[of];
  }
  return chosen;
}

/** Two limits: the one that binds is solved, the other one by leaving out what a token is worth least in. */
function knapsack(items: readonly Item[], free: number, most: number): Item[] {
  const bySize = within(items, 'size', free);
  const chosen = total(bySize, 'tokens') <= most ? bySize : within(items, 'tokens', most);
  chosen.sort((a, b) => b.worth / b.size - a.worth / a.size);
  while (total(chosen, 'size') > free) chosen.pop();
  for (const item of items) {
    const all = [...chosen, item];
    if (!chosen.includes(item) && total(all, 'size') <= free && total(all, 'tokens') <= most) chosen.push(item);
  }
  return chosen;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Beginnings of a text that end with a sentence, shortest first. Lines are joined first: a line's end is no sentence's. */
function sentences(text: string): string[] {
  const blocks = text.split(/(?<=\n)(?=[^\S\n]*\n)/);
  const beginnings: string[] = [];
  let [done, fenced] = ['', false];
  for (const block of blocks) {
    const fences = block.match(/^\s*(```|~~~)/gm)?.length ?? 0;
    if (!fenced && fences === 0) {
      const joined = block.replace(/(?<=\S)\n(?=\S)/g, ' ');
      for (const { index, segment } of segmenter.segment(joined)) {
        const to = index + segment.trimEnd().length;
        if (/[.!?]["')\]*_`]*$/.test(segment.trimEnd()) && /^\s|^$/.test(block.slice(to)))
          beginnings.push(done + block.slice(0, to));
      }
    }
    fenced = fenced !== (fences % 2 === 1);
    done += block;
    if (!fenced) beginnings.push(done);
  }
  return beginnings.filter((beginning) => beginning.trim());
}
