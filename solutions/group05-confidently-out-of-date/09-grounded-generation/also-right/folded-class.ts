import type { IncludedPassage } from '#answerdesk/seams/context-budget.ts';
import type {
  Citation,
  CreateGrounding,
  GroundedAnswer,
  GroundedClaim,
  GroundingPorts,
} from '#answerdesk/seams/grounding.ts';

interface Evidence {
  citation: Citation;
  words: string;
}

/** A text with its differences of spelling removed, and where each of its characters came from. */
class Folded {
  readonly text: string;
  readonly #from: number[] = [];

  constructor(source: string) {
    let text = '';
    for (const { 0: cluster, index } of source.matchAll(/\s+|\P{M}\p{M}*/gu)) {
      const folded = /^\s/.test(cluster) ? ' ' : cluster.normalize('NFD').replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
      for (let n = 0; n < folded.length; n++) this.#from.push(index);
      text += folded;
    }
    this.#from.push(source.length);
    this.text = text;
  }

  find(quote: Folded): { start: number; end: number } | undefined {
    const wanted = quote.text.trim();
    for (let at = this.text.indexOf(wanted); at >= 0; at = this.text.indexOf(wanted, at + 1)) {
      const end = at + wanted.length;
      if (this.#isWhole(at, end)) return { start: this.#from[at] as number, end: this.#from[end] as number };
    }
    return undefined;
  }

  #isWhole(start: number, end: number): boolean {
    const joined = (at: number) =>
      /^(?:[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]|\d[.,]\d)/u.test(this.text.slice(at - 1, at + 2));
    const split = (at: number) =>
      /^\p{M}/u.test(this.text.slice(at)) || joined(at) || /^\d[.,]\d/.test(this.text.slice(at - 2, at + 1));
    const inside = (at: number) => /[\p{L}\p{N}]/u.test(this.text[at] ?? '');
    return !(inside(start) && start > 0 && split(start)) && !(end < this.text.length && split(end));
  }
}

const NEGATIVE = new Set([
  'not',
  'never',
  'cannot',
  'isn',
  'aren',
  'don',
  'doesn',
  'won',
  'can’t',
  'wasn',
  'didn',
  'shouldn',
]);
const HALF_NEGATIVE = new Set(
  'no none nothing without only avoid avoids avoiding prevent prevents instead ignore ignored ignores unless before'.split(
    ' ',
  ),
);
const DULL = new Set(
  'the and for are was were that this with from its has have will not but can may must when which then than your you any all into been does'.split(
    ' ',
  ),
);

class Grounding {
  readonly #ports: GroundingPorts;

  constructor(ports: GroundingPorts) {
    this.#ports = ports;
  }

  answer(reply: string, given: readonly IncludedPassage[]): GroundedAnswer {
    if (given.length === 0) return this.#abstain('no passages', []);
    const claims = this.#read(reply);
    if (claims === undefined) return this.#abstain('unreadable reply', []);
    const shown: GroundedClaim[] = [];
    const dropped: string[] = [];
    for (const claim of claims) {
      const { text } = (claim ?? {}) as { text?: unknown };
      if (typeof text !== 'string') continue;
      const { cites, quotes } = claim as { cites: unknown; quotes: unknown };
      const cited = Array.isArray(cites) ? given.filter(({ number }) => cites.includes(number)) : [];
      const evidence = Array.isArray(quotes)
        ? quotes.map((quote) => this.#locate(quote, cited)).filter((each) => each !== undefined)
        : [];
      const reason = this.#whyNot(text, evidence, cited);
      if (reason === '') shown.push({ text, citations: evidence.map(({ citation }) => citation) });
      else {
        dropped.push(text);
        this.#ports.emit({ type: 'ClaimDropped', data: { text, reason } });
      }
    }
    return shown.length > 0
      ? { abstained: false, claims: shown, dropped }
      : this.#abstain('nothing supported', dropped);
  }

  #abstain(reason: 'nothing supported' | 'no passages' | 'unreadable reply', dropped: string[]): GroundedAnswer {
    this.#ports.emit({ type: 'AnswerAbstained', data: { reason } });
    return { abstained: true, reason, dropped };
  }

  /** Tries every pair of braces, the widest first. */
  #read(reply: string): unknown[] | undefined {
    for (let from = reply.indexOf('{'); from >= 0; from = reply.indexOf('{', from + 1))
      for (let to = reply.lastIndexOf('}'); to > from; to = reply.lastIndexOf('}', to - 1))
        try {
          const { claims } = JSON.parse(reply.slice(from, to + 1));
          if (Array.isArray(claims)) return claims;
        } catch {}
    return undefined;
  }

  #locate(quote: unknown, cited: readonly IncludedPassage[]): Evidence | undefined {
    if (typeof quote !== 'string' || (quote.match(/[\p{L}\p{N}_]+/gu) ?? []).length < 4) return undefined;
    const wanted = new Folded(quote);
    for (const { text, passage } of cited) {
      const page = this.#ports.page(passage.page);
      const there = page?.text.slice(passage.start, passage.end);
      const given = new Folded(text).find(wanted);
      if (!page || !there || !given) continue;
      const found = there === text ? given : new Folded(there).find(wanted);
      if (!found) continue;
      const place = { start: passage.start + found.start, end: passage.start + found.end };
      const citation = { page: passage.page, version: page.metadata.version ?? null, ...place };
      return { citation, words: there.slice(found.start, found.end) };
    }
    return undefined;
  }

  #whyNot(claim: string, evidence: readonly Evidence[], cited: readonly IncludedPassage[]): string {
    if (evidence.length === 0) return 'no quote of it was found';
    const text = claim.replace(/\[[\d, ]+\]/g, '');
    const quoted = evidence.map(({ words }) => words).join('\n');
    const headings = cited.flatMap(({ passage }) => passage.headings).join(' ');
    const [figures, names] = [numbersOf(quoted), tokensOf(`${headings} ${cited.map((each) => each.text).join(' ')}`)];
    const alone = text.replace(/[\p{L}_][\p{L}\p{N}_]*(?:[/.-]?\d[\d.]*)?/gu, ' ');
    if ([...numbersOf(alone)].some((figure) => !figures.has(figure))) return 'a figure is not in its quotes';
    if (codeIn(text).some((name) => !names.has(name))) return 'a name is not in its passages';
    if (!related(text, `${quoted} ${headings}`)) return 'its quotes are about another thing';
    return contradicts(text, quoted) ? 'one denies what the other says' : '';
  }
}

const numbersOf = (text: string) => new Set(text.replace(/(\d),(\d{3})(?!\d)/g, '$1$2').match(/\d+(?:\.\d+)*/g));
const tokensOf = (text: string) => new Set(text.match(/[A-Za-z_$][\w$]*/g));
function codeIn(text: string): string[] {
  const code = (text.match(/`[^`]+`/g) ?? []).flatMap(
    (each) => /[A-Za-z_][\w.]*/.exec(each)?.[0].split('.').at(-1) || [],
  );
  return [...code, ...(text.match(/\b(?:[a-z]{2,}[A-Z]\w*|\w+_\w+)\b/g) ?? [])];
}

/** At least every fourth word begins like one of the others. */
function related(claim: string, source: string): boolean {
  const stems = (text: string) =>
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]{3,}/gu)
      ?.filter((word) => !DULL.has(word))
      .map((word) => word.slice(0, 5)) ?? [];
  const there = new Set(stems(source));
  const mine = stems(claim);
  return mine.filter((stem) => there.has(stem)).length * 4 >= mine.length;
}

function contradicts(claim: string, quoted: string): boolean {
  const words = (text: string): string[] =>
    text
      .toLowerCase()
      .replace(/[_*]/g, ' ')
      .replace(/’/g, "'")
      .match(/[a-z]+/g) ?? [];
  const has = (text: string, set: ReadonlySet<string>) => words(text).some((word) => set.has(word));
  if (has(claim, NEGATIVE)) return !has(quoted, NEGATIVE) && !has(quoted, HALF_NEGATIVE);
  const [nearest = ''] = quoted
    .split(/[.;|]\s+/)
    .map((part) => ({ part, shared: words(part).filter((word) => words(claim).includes(word)).length }))
    .sort((a, b) => b.shared - a.shared)
    .map(({ part }) => part);
  return has(nearest, NEGATIVE) && !/\b(?:if|or|not) (?:not|forget)\b/.test(nearest) && !has(claim, HALF_NEGATIVE);
}

export const createGrounding: CreateGrounding = (ports) => {
  const grounding = new Grounding(ports);
  return (reply, given) => Object.freeze(grounding.answer(reply, given));
};
