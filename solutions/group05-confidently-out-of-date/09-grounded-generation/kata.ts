import { stemmer } from 'stemmer';
import type { IncludedPassage } from '#answerdesk/seams/context-budget.ts';
import type { Citation, CreateGrounding, GroundingPorts, ModelReply } from '#answerdesk/seams/grounding.ts';

type ModelClaim = ModelReply['claims'][number];
/** A quote that was found, as it stands in the page. */
interface Found extends Citation {
  said: string;
}

const SHORTEST_QUOTE = 4;
const SHARED = 0.25;

export const createGrounding: CreateGrounding = ({ page, emit }) => {
  return (reply, given) => {
    const dropped: string[] = [];
    const abstain = (reason: 'nothing supported' | 'no passages' | 'unreadable reply') => {
      emit({ type: 'AnswerAbstained', data: { reason } });
      return { abstained: true as const, reason, dropped };
    };
    if (given.length === 0) return abstain('no passages');
    const claimed = claimsIn(reply);
    if (!claimed) return abstain('unreadable reply');

    const claims = claimed.flatMap(({ text, cites, quotes }) => {
      const cited = given.filter(({ number }) => cites.includes(number));
      const found = quotes.flatMap((quote) => find(quote, cited, page) ?? []);
      const reason = found.length === 0 ? 'its quotes do not stand there' : objection(text, found, cited);
      if (reason === undefined) return [{ text, citations: found.map(({ said, ...citation }) => citation) }];
      dropped.push(text);
      emit({ type: 'ClaimDropped', data: { text, reason } });
      return [];
    });
    return claims.length > 0 ? { abstained: false, claims, dropped } : abstain('nothing supported');
  };
};

/** The claims of the first object in the reply that has any, whatever stands around it. */
function claimsIn(reply: string): ModelClaim[] | undefined {
  for (let start = reply.indexOf('{'); start >= 0; start = reply.indexOf('{', start + 1)) {
    const { claims } = parsed(reply.slice(start, endOfObject(reply, start))) ?? {};
    if (Array.isArray(claims)) return claims.filter((claim) => typeof claim?.text === 'string').map(asClaim);
  }
  return undefined;
}

function parsed(json: string): { claims?: ModelClaim[] } | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function endOfObject(text: string, start: number): number {
  let depth = 0;
  for (const { 0: token, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gs)) {
    if (token === '{') depth++;
    if (token === '}' && --depth === 0) return start + index + 1;
  }
  return text.length;
}

const asClaim = ({ text, cites, quotes }: ModelClaim): ModelClaim => ({
  text,
  cites: Array.isArray(cites) ? cites : [],
  quotes: Array.isArray(quotes) ? quotes.filter((quote) => typeof quote === 'string') : [],
});

/** Where the quote stands: in one of the passages as the model was given them, and in their pages today. */
function find(quote: string, cited: readonly IncludedPassage[], page: GroundingPorts['page']): Found | undefined {
  if ((quote.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0) < SHORTEST_QUOTE) return undefined;
  const pattern = patternOf(quote.trim());
  for (const { text, passage } of cited) {
    const source = page(passage.page);
    const match = firstOf(pattern, text) && firstOf(pattern, source?.text.slice(passage.start, passage.end) ?? '');
    if (!match) continue;
    const [said] = match;
    const start = passage.start + match.index;
    return { page: passage.page, version: source?.metadata.version ?? null, start, end: start + said.length, said };
  }
  return undefined;
}

/** The quote word for word, in any white space, quotation marks and Unicode form. */
function patternOf(quote: string): RegExp {
  const exactly = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const pieces = quote.match(/\s+|\P{M}\p{M}*/gu) ?? [];
  const source = pieces.map((piece) => {
    if (/^\s/.test(piece)) return '\\s+';
    if (/['‘’]/.test(piece)) return "['‘’]";
    if (/["“”]/.test(piece)) return '["“”]';
    const [composed, apart] = [exactly(piece.normalize('NFC')), exactly(piece.normalize('NFD'))];
    // Alternatives that are the same would be tried in all 2ⁿ ways.
    return composed === apart ? composed : `(?:${composed}|${apart})`;
  });
  return new RegExp(source.join(''), 'gu');
}

/** The first match that neither begins nor ends within a word, a number or a letter with its accent. */
function firstOf(pattern: RegExp, text: string): RegExpExecArray | undefined {
  for (const match of text.matchAll(pattern)) {
    const [said] = match;
    const before = text.slice(Math.max(0, match.index - 2), match.index);
    const after = text.slice(match.index + said.length, match.index + said.length + 2);
    const torn = WORD_BEGINS.test(said) && /[\p{L}\p{N}\p{M}_]$|\d[.,]$/u.test(before);
    if (!torn && !(WORD_ENDS.test(said) ? /^[\p{L}\p{N}\p{M}_]|^[.,]\d/u : /^\p{M}/u).test(after)) return match;
  }
  return undefined;
}
const WORD_BEGINS = /^[\p{L}\p{N}_]/u;
const WORD_ENDS = /[\p{L}\p{N}\p{M}_]$/u;

/** Why these quotes don't support the claim, as far as that can be told without understanding it. */
function objection(claim: string, found: readonly Found[], cited: readonly IncludedPassage[]): string | undefined {
  const text = claim.replace(/\[\d+(?:\s*,\s*\d+)*\]/g, '');
  const said = found.map((each) => each.said).join('\n');
  const sources = cited.filter(({ passage }) => found.some((each) => each.page === passage.page));
  const headings = sources.flatMap(({ passage }) => passage.headings).join('\n');

  const figures = new Set(said.replace(GROUPED, '').match(/\d+(?:\.\d+)*/g));
  const figure = figuresIn(text).find((each) => !figures.has(each));
  if (figure !== undefined) return `${figure} stands in no quote`;

  const shown = `${headings}\n${sources.map((source) => source.text).join('\n')}`;
  const name = namesIn(text).find(
    (each) => !new RegExp(`(?<![\\w$])${each.replace(/\$/g, '\\$')}(?![\\w$])`).test(shown),
  );
  if (name !== undefined) return `${name} stands in no passage that it cites`;

  const words = wordsOf(text);
  const there = wordsOf(`${said}\n${headings}`);
  const share = [...words].filter((word) => there.has(word)).length / Math.max(1, words.size);
  if (share < SHARED) return 'its quotes are about something else';

  if (denies(text) && !denies(said) && !ALMOST_NOT.test(said)) return 'it denies what its quotes say';
  if (denies(closestTo(words, said)) && !denies(text) && !ALMOST_NOT.test(text)) return 'its quotes deny it';
  return undefined;
}

/** The comma of 1,200. */
const GROUPED = /(?<=\d),(?=\d{3}(?!\d))/g;
/** Not the 2 of HTTP/2, nor that of `v2`. */
const figuresIn = (text: string): string[] =>
  text.replace(GROUPED, '').match(/(?<![\p{L}\p{N}_./-])\d+(?:\.\d+)*(?![\p{L}\p{N}_])/gu) ?? [];

/** `bodyLimit`, FST_ERR_X, and what is set in backticks: of a chain the last name. */
function namesIn(text: string): string[] {
  const coded = [...text.matchAll(/`[^`\w$]*(?:[\w$]+\.)*([A-Za-z_$][\w$]*)[^`]*`/g)].map(([, name = '']) => name);
  const plain = (text.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((word) => /_|^[a-z]{2,}[A-Z]/.test(word));
  return [...coded, ...plain];
}

const NOT = /\b(?:not|never|cannot|no longer)\b|n['’]t\b/i;
const ALMOST_NOT =
  /\b(?:no|none|nor|nothing|without|only|avoid\w*|prevent\w*|instead|ignor\w*|before|still|unless|unsupported)\b/i;
const denies = (text: string) =>
  NOT.test(text.replace(/[_*]/g, ' ').replace(/\b(?:if|or|forget) not\b|\bnot (?:forget|found)\b/gi, ''));

/** The sentence of what was quoted that has most of the claim's words. */
function closestTo(words: ReadonlySet<string>, said: string): string {
  const sentences = said.split(/(?<=[.;:!?])\s+|\s\|\s|\n\n/);
  const shared = (sentence: string) => [...wordsOf(sentence)].filter((word) => words.has(word)).length;
  return sentences.reduce((best, each) => (shared(each) > shared(best) ? each : best));
}

const STOP = new Set(
  'a an and any are as at be been but by can could do does for from had has have if in into is it its may might must no not of on only or so such than that the their then there these this those to was were when which while will with would yes you your'.split(
    ' ',
  ),
);
function wordsOf(text: string): Set<string> {
  const apart = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return new Set(
    apart
      .match(/[\p{L}\p{N}]{2,}/gu)
      ?.filter((word) => !STOP.has(word))
      .map(stemmer),
  );
}
