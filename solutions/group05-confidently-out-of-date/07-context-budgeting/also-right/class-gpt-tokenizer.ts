import { countTokens, encode } from 'gpt-tokenizer/encoding/cl100k_base';
import type { Message } from '#answerdesk/knowledge.ts';
import type {
  Context,
  ContextPorts,
  ContextRequest,
  ContextSettings,
  CreateContextBudget,
  IncludedPassage,
  RankedPassage,
} from '#answerdesk/seams/context-budget.ts';

const options = { allowedSpecial: 'all' } as const;
const counts = new Map<string, number>();
const count = (text: string) => {
  const known = counts.get(text) ?? countTokens(text, options);
  counts.set(text, known);
  return known;
};

interface Chosen {
  ranked: RankedPassage;
  text: string;
  share: number;
}

/** Passages stand in the system's message, whole paragraphs of those that are too long. */
class Budget {
  readonly #settings: ContextSettings;
  readonly #emit: ContextPorts['emit'];

  constructor({ emit }: ContextPorts, settings: ContextSettings) {
    this.#emit = emit;
    this.#settings = settings;
  }

  assemble(request: ContextRequest): Context {
    const room = this.#settings.window - this.#settings.answerReserve;
    const kept = this.#memory(request, room);
    let chosen: Chosen[] = [];
    for (const order of this.#orders(request.passages, room)) {
      const head = this.#size(this.#messages(request, kept, []).messages);
      // Two line breaks and the tags around it; what is exact comes last.
      const fits = (some: Chosen[]) =>
        some.reduce((sum, { text }) => sum + 20 + count(text), head) <= room &&
        some.reduce((sum, { text }) => sum + count(text), 0) <= (this.#settings.passagesAtMost ?? Number.MAX_VALUE);
      const found = this.#fill(order, fits);
      if (worth(found) > worth(chosen)) chosen = found;
    }
    while (this.#size(this.#messages(request, kept, chosen).messages) > room) chosen.pop();
    const { messages, included } = this.#messages(request, kept, chosen);
    const tokens = this.#size(messages);
    const there = new Set(included.map(({ passage }) => passage.id));
    const left = request.passages.map(({ passage }) => passage.id).filter((id) => !there.has(id));
    const points = worth(chosen);
    const costPerPoint = points === 0 ? null : tokens / points;
    this.#emit({ type: 'ContextAssembled', data: { tokens, worth: points, costPerPoint } });
    return { messages, tokens, included, left };
  }

  #memory(request: ContextRequest, room: number): Message[] {
    const kept: Message[] = [];
    if (this.#size(this.#messages(request, kept, []).messages) > room) {
      throw Object.assign(new RangeError('no room for the question'), { code: 'CONTEXT_TOO_SMALL' });
    }
    for (const turn of [...request.history].reverse()) {
      const next = [turn, ...kept];
      const over = this.#size(next) > (this.#settings.historyAtMost ?? Number.MAX_VALUE);
      if (over || this.#size(this.#messages(request, next, []).messages) > room) break;
      kept.unshift(turn);
    }
    return kept;
  }

  /** By what a token is worth; and the same with the best single one that fits put first. */
  *#orders(passages: readonly RankedPassage[], room: number): Generator<RankedPassage[]> {
    const perToken = ({ passage, score }: RankedPassage) => score / (1 + encode(passage.text, options).length);
    const dense = [...passages].sort((a, b) => perToken(b) - perToken(a));
    yield dense;
    for (const one of passages.filter(({ passage }) => count(passage.text) < room).slice(0, 2)) {
      yield [one, ...dense.filter((other) => other !== one)];
    }
  }

  #fill(order: RankedPassage[], fits: (some: Chosen[]) => boolean): Chosen[] {
    const chosen: Chosen[] = [];
    const waiting: RankedPassage[] = [];
    for (const ranked of order) {
      const whole = { ranked, text: ranked.passage.text, share: 1 };
      if (fits([...chosen, whole])) chosen.push(whole);
      else waiting.push(ranked);
    }
    for (const ranked of waiting) {
      const all = ranked.passage.text;
      const ends = [...all.matchAll(/\n[ \t]*\n/g)].map(({ index }) => index).reverse();
      for (const end of ends) {
        const text = all.slice(0, end);
        const fences = text.match(/^\s*(```|~~~)/gm) ?? [];
        const part = { ranked, text, share: count(text) / count(all) };
        if (text.trim() && fences.length % 2 === 0 && fits([...chosen, part])) return [...chosen, part];
      }
    }
    return chosen;
  }

  #messages({ system, question }: ContextRequest, kept: readonly Message[], chosen: readonly Chosen[]) {
    const byScore = [...chosen].sort((a, b) => b.ranked.score - a.ranked.score);
    const around: Chosen[] = [];
    for (const one of byScore.reverse()) around.length % 2 ? around.push(one) : around.unshift(one);
    // The worst went in first; whoever came last is at an end, and the one before at the other.
    const included = around.map(
      ({ ranked, text }, n): IncludedPassage => ({ number: n + 1, passage: ranked.passage, text }),
    );
    const quoted = included.map(({ number, text }) => `<passage n="${number}">\n${text}\n</passage>`);
    const messages: Message[] = [
      { role: 'system', content: [system, ...quoted].join('\n') },
      ...kept,
      { role: 'user', content: question },
    ];
    return { messages, included };
  }

  #size(messages: readonly Message[]): number {
    return messages.map(({ content }) => this.#settings.perMessage + count(content)).reduce((a, b) => a + b, 0);
  }
}
const worth = (chosen: readonly Chosen[]) => chosen.reduce((sum, { ranked, share }) => sum + ranked.score * share, 0);

export const createContextBudget: CreateContextBudget = (ports, settings) => {
  const budget = new Budget(ports, settings);
  return (request) => budget.assemble(request);
};
