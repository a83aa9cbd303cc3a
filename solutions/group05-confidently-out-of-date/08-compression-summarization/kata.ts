import type { CompressedPart, CreateCompression, Turn } from '#answerdesk/seams/compression.ts';

/** A part with the turns that it was made of: whatever shortens it again begins with these. */
interface Draft extends CompressedPart {
  source: readonly Turn[];
}

const BEARING =
  /\d[\d.,:-]*|\[\d+\]|\b[A-Za-z]+(?:[_-][A-Za-z\d]+)+\b|\b[a-z]+[A-Z]\w*|\b[A-Z]{2,}\w*\b|(?<=[^.?!]\s)[A-Z][a-z]+/g;
const NEGATION = /\b(?:not|no|never|without|cannot|nothing)\b|n['’]t\b/i;

export const createCompression: CreateCompression = ({ countTokens, summarize, emit }, { partTokens }) => {
  const size = (parts: readonly { text: string }[]) => parts.reduce((sum, { text }) => sum + countTokens(text), 0);
  const tokensOf = (turns: readonly Turn[]) => size(turns);

  return async (turns, maxTokens) => {
    const kept = turns.map(asItIs);
    if (size(kept) <= maxTokens) return finished(kept);
    const bound = kept.filter(({ source: [turn] }) => turn?.isConstraint);
    const room = maxTokens - size(bound);
    if (room < 0) throw Object.assign(new Error('what has to be kept is too long'), { code: 'CONSTRAINTS_TOO_LONG' });

    const extracts = groups(turns.filter(({ isConstraint }) => !isConstraint))
      .map(extracted)
      .filter(({ text }) => text !== '');
    const share = room / Math.max(1, size(extracts));
    const short = share >= 1 ? extracts : await Promise.all(extracts.map((part) => summed(part, share)));
    const order = new Map(turns.map(({ id }, n) => [id, n]));
    const place = ({ source: [first] }: Draft) => order.get(first?.id ?? '') ?? 0;
    return finished([...bound, ...fitting(short, room)].sort((a, b) => place(a) - place(b)));
  };

  /** Runs of one tenant's turns, of at most `partTokens`. */
  function groups(turns: readonly Turn[]): Turn[][] {
    const runs: Turn[][] = [];
    const open = new Map<string, Turn[]>();
    for (const turn of turns) {
      const run = open.get(turn.tenant);
      if (run && tokensOf([...run, turn]) <= partTokens) run.push(turn);
      else {
        const begun = [turn];
        open.set(turn.tenant, begun);
        runs.push(begun);
      }
    }
    return runs;
  }

  /** The model's words for what a part says, if they say the same and are shorter; else the part. */
  async function summed(part: Draft, share: number): Promise<Draft> {
    const limit = Math.floor(countTokens(part.text) * share);
    const refuse = (reason: string) => {
      emit({ type: 'SummaryRefused', data: { turns: part.turns, reason } });
      return part;
    };
    try {
      const text = await summarize(part.source, limit);
      if (countTokens(text) >= countTokens(part.text)) return refuse('it is not shorter');
      const reason = difference(part.text, text);
      return reason ? refuse(reason) : { ...part, text, how: 'summarized' };
    } catch {
      return refuse('there was none');
    }
  }

  /** Without the oldest, where there isn't room for all. */
  function fitting(parts: readonly Draft[], room: number): Draft[] {
    const stays = [...parts];
    const left: string[] = [];
    while (size(stays) > room) left.push(...(stays.shift()?.turns ?? []));
    if (left.length > 0) emit({ type: 'TurnsLeftOut', data: { turns: left } });
    return stays;
  }
};

const asItIs = (turn: Turn): Draft => ({
  tenant: turn.tenant,
  turns: [turn.id],
  text: turn.text,
  how: 'kept',
  source: [turn],
});

const finished = (parts: readonly Draft[]): CompressedPart[] => parts.map(({ source, ...part }) => part);

function extracted(source: readonly Turn[]): Draft {
  const sentences = source.flatMap(({ text }) => sentencesOf(text)).filter(bears);
  const [first] = source as [Turn];
  return {
    tenant: first.tenant,
    turns: source.map(({ id }) => id),
    text: sentences.join(' '),
    how: 'extracted',
    source,
  };
}

const sentencesOf = (text: string) => text.split(/(?<=[.?!])\s+/).filter(Boolean);
const factsOf = (text: string) => new Set([...text.matchAll(BEARING)].map(([fact]) => fact.replace(/[.,:-]+$/, '')));
const bears = (sentence: string) => factsOf(sentence).size > 0 || NEGATION.test(sentence);

/** Why a summary doesn't say what its source says; undefined where it does, as far as anybody can count. */
function difference(source: string, summary: string): string | undefined {
  const [said, now] = [factsOf(source), factsOf(summary)];
  if ([...said].some((fact) => !now.has(fact))) return 'it lacks a fact';
  if ([...now].some((fact) => !said.has(fact))) return 'it adds a fact';
  const denied = (text: string) => sentencesOf(text).filter((sentence) => NEGATION.test(sentence));
  const [was, is] = [denied(source), denied(summary)];
  if (was.length !== is.length) return 'what is not so has changed';
  return was.every((sentence, n) => sharesAWord(sentence, is[n] ?? '')) ? undefined : 'what is not so has changed';
}

/** Sentences about the same thing have a word of some length in common. */
function sharesAWord(a: string, b: string): boolean {
  const words = (text: string) => text.toLowerCase().match(/[a-z]{5,}/g) ?? [];
  const others = new Set(words(b));
  return words(a).some((word) => others.has(word));
}
