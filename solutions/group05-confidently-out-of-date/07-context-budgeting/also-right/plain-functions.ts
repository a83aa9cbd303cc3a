import type { Message } from '#answerdesk/knowledge.ts';
import type { CreateContextBudget, RankedPassage } from '#answerdesk/seams/context-budget.ts';

type Part = RankedPassage & { text: string };

/** The prompt is built and counted anew after each step; nothing is estimated. Passages are one message before the question. */
export const createContextBudget: CreateContextBudget = ({ countTokens, emit }, settings) => {
  const tokensOf = (messages: readonly Message[]) =>
    messages.map(({ content }) => countTokens(content) + settings.perMessage).reduce((a, b) => a + b, 0);
  const { historyAtMost = Infinity, passagesAtMost = Infinity } = settings;

  return ({ system, question, history, passages }) => {
    let said: readonly Message[] = [];
    let parts: Part[] = [];

    const arrange = (some: readonly Part[]) => {
      const [front, back]: [Part[], Part[]] = [[], []];
      [...some]
        .sort((a, b) => b.score - a.score)
        .forEach((part, n) => void (n % 2 ? back.unshift(part) : front.push(part)));
      return [...front, ...back].map(({ passage, text }, n) => ({ number: n + 1, passage, text }));
    };
    const build = (with_: readonly Part[] = parts, before = said): Message[] => {
      const sources = arrange(with_)
        .map(({ number, text }) => `${number}. ${text}`)
        .join('\n---\n');
      const ask: Message[] = sources ? [{ role: 'user', content: `Sources:\n${sources}` }] : [];
      return [{ role: 'system', content: system }, ...before, ...ask, { role: 'user', content: question }];
    };
    const fits = (with_: readonly Part[]) =>
      tokensOf(build(with_)) <= settings.window - settings.answerReserve &&
      with_.reduce((sum, { text }) => sum + countTokens(text), 0) <= passagesAtMost;

    if (tokensOf(build()) > settings.window - settings.answerReserve) {
      throw Object.assign(new Error('the question alone is too long'), { code: 'CONTEXT_TOO_SMALL' });
    }
    for (let n = 1; n <= history.length; n++) {
      const more = history.slice(-n);
      if (tokensOf(more) > historyAtMost || tokensOf(build([], more)) > settings.window - settings.answerReserve) break;
      said = more;
    }

    const value = ({ passage, score }: RankedPassage) => score / (countTokens(passage.text) + 15);
    const whole = passages.map((one) => ({ ...one, text: one.passage.text }));
    const greedy = (order: readonly Part[]) => {
      const taken: Part[] = [];
      for (const one of order) if (fits([...taken, one])) taken.push(one);
      return taken;
    };
    const byValue = [...whole].sort((a, b) => value(b) - value(a));
    const sum = (some: readonly Part[]) => some.reduce((total, { score }) => total + score, 0);
    parts = greedy(byValue);
    const alone = whole.find((one) => one.score > sum(parts) && fits([one]));
    if (alone) parts = greedy([alone, ...byValue.filter((one) => one !== alone)]);

    const cut = byValue
      .filter((one) => !parts.includes(one))
      .map((one) => ({ ...one, text: beginning(one.text, (text) => fits([...parts, { ...one, text }])) }));
    const part = cut.find(({ text }) => text !== '');
    if (part) parts = [...parts, part];

    const messages = build();
    const tokens = tokensOf(messages);
    const included = arrange(parts);
    const worth = parts.reduce(
      (total, { passage, score, text }) => total + (score * countTokens(text)) / countTokens(passage.text),
      0,
    );
    emit({ type: 'ContextAssembled', data: { tokens, worth, costPerPoint: parts.length > 0 ? tokens / worth : null } });
    const there = included.map(({ passage }) => passage.id);
    return {
      messages,
      tokens,
      included,
      left: passages.map(({ passage }) => passage.id).filter((id) => !there.includes(id)),
    };
  };
};

/** The longest beginning that fits and ends with a paragraph, or with a sentence of its last one. */
function beginning(text: string, fits: (text: string) => boolean): string {
  let [best, at, inBlock] = ['', 0, false];
  for (const line of text.split(/(?<=\n)/)) {
    const fence = /^\s*(```|~~~)/.test(line);
    const ends = fence && inBlock ? [line.length] : [];
    if (fence) inBlock = !inBlock;
    else if (!inBlock && line.trim() === '') ends.push(0);
    else if (!inBlock) ends.push(...[...line.matchAll(/[.!?](?=\s)/g)].map(({ index }) => index + 1));
    for (const end of ends) {
      const next = text.slice(0, at + end).trimEnd();
      if (!next) continue;
      if (!fits(next)) return best;
      best = next;
    }
    at += line.length;
  }
  return best;
}
