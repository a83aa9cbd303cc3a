import { stemmer } from 'stemmer';
import type { IncludedPassage } from '#answerdesk/seams/context-budget.ts';
import type { Citation, CreateGrounding, GroundedAnswer, GroundedClaim } from '#answerdesk/seams/grounding.ts';

interface Token {
  text: string;
  start: number;
  end: number;
}

/** Numbers, words and single marks; white space is what stands between them. A torn word is another token. */
const TOKEN = /\d+(?:[.,]\d+)*(?![\p{L}_])|[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]*|[^\s]\p{M}*/gu;
const tokens = (text: string): Token[] =>
  [...text.matchAll(TOKEN)].map(({ 0: token, index }) => ({
    text: token.normalize('NFC').replace(/[‘’]/, "'").replace(/[“”]/, '"'),
    start: index,
    end: index + token.length,
  }));
const isWord = ({ text }: Token) => /[\p{L}\p{N}]/u.test(text);

function placeOf(quote: readonly Token[], source: readonly Token[]): { start: number; end: number } | undefined {
  const at = source.findIndex((_, from) => quote.every(({ text }, n) => source[from + n]?.text === text));
  const [first, last] = [source[at], source[at + quote.length - 1]];
  return first && last && { start: first.start, end: last.end };
}

function jsonIn(reply: string): unknown[] | undefined {
  for (const { index } of reply.matchAll(/\{/g)) {
    let depth = 0;
    let quoted = false;
    for (let at = index; at < reply.length; at++) {
      const char = reply[at];
      if (quoted) {
        if (char === '\\') at++;
        else if (char === '"') quoted = false;
      } else if (char === '"') quoted = true;
      else if (char === '{') depth++;
      else if (char === '}' && --depth === 0) {
        const claims = claimsOf(reply.slice(index, at + 1));
        if (claims) return claims;
        break;
      }
    }
  }
  return undefined;
}
function claimsOf(json: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const { claims } = value as { claims?: unknown };
    return Array.isArray(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

const plain = (text: string) => text.replace(/(?<=\d),(?=\d{3}(?!\d))/g, '');
const NEGATIVE = /\b(?:not|never|cannot)\b|n['’]t\b/i;
const HEDGE =
  /\b(?:no|none|nothing|without|only|avoid|avoiding|prevents?|instead|ignored?|ignores|unless|before|if not|or not|forget)\b/i;
const bare = (text: string) => text.replace(/[*_]+/g, ' ');
const LITTLE = new Set(
  'a an the and or of to in on at by for with from as is are be been was it its that this not no will can may must has have had do does you your if when then so than which into all any'.split(
    ' ',
  ),
);
const stems = (text: string) =>
  (
    text
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
    .filter((word) => word.length > 1 && !LITTLE.has(word))
    .map(stemmer);

/** Each is a reason why not; nothing here understands a sentence. */
const OBJECTIONS: ((claim: string, quoted: string, sources: string, headings: string) => string | false)[] = [
  (claim, quoted) => {
    const there = new Set(plain(quoted).match(/\d+(?:\.\d+)*/g));
    const own = plain(claim).match(/(?<![\w./-])\d+(?:\.\d+)*(?!\w)/g) ?? [];
    return own.some((figure) => !there.has(figure)) && 'a figure that no quote has';
  },
  (claim, _quoted, sources) => {
    const coded = [...claim.matchAll(/`([^`]+)`/g)].map(
      ([, code = '']) =>
        code
          .split(/[^\w$.]/)
          .find(Boolean)
          ?.split('.')
          .at(-1) ?? '',
    );
    const shaped = claim.match(/\b[a-z]{2,}[A-Z]\w*|\b\w+_\w+/g) ?? [];
    const names = [...coded, ...shaped].filter((name) => /^[A-Za-z_$]/.test(name));
    const there = new Set(sources.match(/[\w$]+/g));
    return names.some((name) => !there.has(name)) && 'a name that no passage has';
  },
  (claim, quoted, _sources, headings) => {
    const [own, there] = [new Set(stems(claim)), new Set(stems(`${quoted} ${headings}`))];
    return [...own].filter((stem) => there.has(stem)).length < own.size / 5 && 'nothing in common';
  },
  (claim, quoted) => {
    if (NEGATIVE.test(bare(claim))) return !NEGATIVE.test(bare(quoted)) && !HEDGE.test(quoted) && 'it denies';
    const own = new Set(stems(claim));
    const best = bare(quoted)
      .split(/[.|;]\s/)
      .sort(
        (a, b) => stems(b).filter((stem) => own.has(stem)).length - stems(a).filter((stem) => own.has(stem)).length,
      )[0];
    return NEGATIVE.test(best ?? '') && !HEDGE.test(best ?? '') && !HEDGE.test(claim) && 'it is denied';
  },
];

export const createGrounding: CreateGrounding = ({ page, emit }) => {
  function cite(
    quote: unknown,
    cited: readonly IncludedPassage[],
  ): { citation: Citation; said: string; by: IncludedPassage }[] {
    const wanted = typeof quote === 'string' ? tokens(quote) : [];
    if (wanted.filter(isWord).length < 3) return [];
    for (const by of cited) {
      const { page: id, start, end } = by.passage;
      const source = page(id);
      const there = source?.text.slice(start, end) ?? '';
      const place = placeOf(wanted, tokens(by.text)) && placeOf(wanted, tokens(there));
      if (source && place)
        return [
          {
            by,
            said: there.slice(place.start, place.end),
            citation: {
              page: id,
              version: source.metadata.version ?? null,
              start: start + place.start,
              end: start + place.end,
            },
          },
        ];
    }
    return [];
  }

  function judge(
    text: string,
    cites: unknown,
    quotes: unknown,
    given: readonly IncludedPassage[],
  ): GroundedClaim | string {
    if (!Array.isArray(cites) || !Array.isArray(quotes)) return 'malformed';
    const found = quotes.flatMap((quote) =>
      cite(
        quote,
        given.filter(({ number }) => cites.includes(number)),
      ),
    );
    if (found.length === 0) return 'no quote stands there';
    const said = found.map((each) => each.said).join('\n');
    const headings = found.flatMap(({ by }) => by.passage.headings).join('\n');
    const sources = `${headings}\n${found.map(({ by }) => by.text).join('\n')}`;
    const objections = OBJECTIONS.map((objection) => objection(text.replace(/\[\d+\]/g, ''), said, sources, headings));
    const reason = objections.find((each) => each !== false);
    return reason || { text, citations: found.map(({ citation }) => citation) };
  }

  return (reply, given): GroundedAnswer => {
    const claims: GroundedClaim[] = [];
    const dropped: string[] = [];
    const read = given.length > 0 ? jsonIn(reply) : [];
    for (const claim of read ?? []) {
      if (typeof claim !== 'object' || claim === null) continue;
      const { text, cites, quotes } = claim as Record<string, unknown>;
      if (typeof text !== 'string') continue;
      const judged = judge(text, cites, quotes, given);
      if (typeof judged !== 'string') claims.push(judged);
      else {
        dropped.push(text);
        emit({ type: 'ClaimDropped', data: { text, reason: judged } });
      }
    }
    if (claims.length > 0) return { abstained: false, claims, dropped };
    const reason = given.length === 0 ? 'no passages' : read ? 'nothing supported' : 'unreadable reply';
    emit({ type: 'AnswerAbstained', data: { reason } });
    return { abstained: true, reason, dropped };
  };
};
