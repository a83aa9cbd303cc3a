import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { IncludedPassage } from '#answerdesk/seams/context-budget.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { pages } from './library.ts';
import { type Ask, asks, type Claim, covers, type Span } from './questions.ts';
import { sections } from './sections.ts';

/** What somebody who reads the pages says of a claim of the model's. Only `proven` ones may be shown. */
export const FAULTS = ['stale', 'denied', 'invented', 'fragment', 'misattributed', 'not given'] as const;
export type Kind = 'proven' | (typeof FAULTS)[number];

/** A claim by reference: whose text it is, what it cites, and where its quotes stand (none: they are its own text). */
interface Told {
  kind: Kind;
  of: 'claims' | 'wrong' | 'invents';
  n: number;
  cites: number[];
  quotes: Span[];
  /** Whether the model copied its quotes with their line breaks, or put them on one line. */
  lines?: 'kept';
}
const AROUND = ['', 'a fence', 'a sentence', 'a sentence and a fence'] as const;
type Around = (typeof AROUND)[number];

/** A reply of the model, what was in its prompt, and what is true of each claim. */
export interface Reply {
  /** Milliseconds since the scene began. */
  at: number;
  ask: string;
  given: { number: number; passage: string }[];
  around: Around;
  claims: Told[];
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}

let byId: { pages: Map<string, ReturnType<typeof pages>[number]>; passages: Map<string, Passage> } | undefined;
function index() {
  byId ??= {
    pages: new Map(pages().map((page) => [page.id, page])),
    passages: new Map(sections().map((passage) => [passage.id, passage])),
  };
  return byId;
}
export const pageOf = (id: string) => index().pages.get(id);
export const passageOf = (id: string) => index().passages.get(id) as Passage;
export const textOf = ({ page, start, end }: Span) => pageOf(page)?.text.slice(start, end) ?? '';

/** The section that holds the span. A long one has many neighbours; they cost the suite time and show nothing. */
export const sectionWith = (span: Span) => sections().find((passage) => covers(passage, span));

/** Each claim of the judged questions that one section proves, once for each page. */
export interface Judged {
  ask: Ask;
  n: number;
  says: string;
  span: Span;
  passage: Passage;
}
let all: readonly Judged[] | undefined;
export function judged(): readonly Judged[] {
  if (all) return all;
  const found = new Map<string, Judged>();
  for (const ask of asks('visible'))
    for (const [n, { says, gold }] of ask.claims.entries()) {
      const [span] = gold as [Span];
      const passage = sectionWith(span);
      if (passage) found.set(`${ask.tenant.tenant} ${says}`, { ask, n, says, span, passage });
    }
  all = [...found.values()];
  return all;
}

const GROUPED = /(?<=\d),(?=\d{3}(?!\d))/g;
export const figuresIn = (text: string): string[] =>
  text.replace(GROUPED, '').match(/(?<![\p{L}\p{N}_./-])\d+(?:\.\d+)*(?![\p{L}\p{N}_])/gu) ?? [];
export const namesIn = (text: string): string[] =>
  (text.match(/\b[A-Za-z]\w*/g) ?? []).filter((word) => /_|^[a-z]{2,}[A-Z]/.test(word));

/** Whatever could be read as a negation. Where there is none, nobody can say that there was. */
const ANY_NEGATION =
  /\b(not?|never|none|nor|nothing|neither|without|cannot|can't|avoid\w*|prevent\w*|instead|ignor\w*|only|unless|otherwise|else|before|except|exclud\w*|fail\w*|dis\w+|un\w+|non|false|omit\w*|remov\w*|deprecat\w*)\b|n['’]t/i;
const PLAIN_VERB = / (is|are|may|can) /;
/** The claim's contrary, where neither it nor its quote knows a negation. */
export const denial = (says: string, quote: string): string | undefined =>
  ANY_NEGATION.test(says) || ANY_NEGATION.test(quote) || !PLAIN_VERB.test(says)
    ? undefined
    : says.replace(PLAIN_VERB, ' $1 not ');

/** Another major's claim that can't be true of this quote: a figure that it doesn't have, or a name that its page doesn't. */
export const isStale = (says: string, span: Span): boolean => {
  const figures = textOf(span).replace(GROUPED, '');
  const page = pageOf(span.page)?.text ?? '';
  return (
    figuresIn(says).some((figure) => !figures.includes(figure)) || namesIn(says).some((name) => !page.includes(name))
  );
};

const said = ({ kind, of, n, quotes }: Told, ask: Ask): string => {
  if (of === 'invents') return ask.invents;
  const text = (ask[of][n] as Claim).says;
  return kind === 'denied' ? (denial(text, quotes.map(textOf).join(' ')) ?? text) : text;
};

/** The claims as the model sends them. It puts what it copies on one line. */
export function claimsOf({ claims, ask: id }: Reply): { text: string; cites: number[]; quotes: string[] }[] {
  const ask = asks('visible').find((each) => each.id === id) as Ask;
  return claims.map((told) => {
    const text = said(told, ask);
    const quotes = told.quotes.map((span) => (told.lines ? textOf(span) : textOf(span).replace(/\s+/g, ' ')));
    return { text, cites: told.cites, quotes: quotes.length ? quotes : [text] };
  });
}
export const wrapped = (json: string, around: Around): string => {
  const fenced = around.includes('fence') ? `\`\`\`json\n${json}\n\`\`\`` : json;
  return around.includes('sentence') ? `Here is what the passages say:\n\n${fenced}\n\nLet me know.` : fenced;
};
/** In the order of their pages, which isn't that of their numbers. */
export const givenOf = ({ given }: Pick<Reply, 'given'>): IncludedPassage[] =>
  given.map(({ number, passage: id }) => ({ number, passage: passageOf(id), text: passageOf(id).text }));

/** One word of the passage, which proves nothing. */
function wordIn(seed: number, id: string, { page, start, end }: Span): Span {
  const words = [...textOf({ page, start, end }).matchAll(/[A-Za-z]{4,}/g)];
  const { 0: word, index: at } = pick(seed, `word ${id}`, words as [RegExpExecArray, ...RegExpExecArray[]]);
  return { page, start: start + at, end: start + at + word.length };
}

/** A fault of that kind about this question, where there can be one. */
function faulty(seed: number, ask: Ask, kind: Kind, numberOf: (span: Span) => number): Told | undefined {
  const golds = ask.claims.map(({ gold }) => gold[0] as Span);
  const on = (quotes: Span[], over: Partial<Told>): Told => ({
    kind,
    of: 'claims',
    n: 0,
    cites: quotes.map(numberOf),
    quotes,
    ...over,
  });
  const gold = pick(seed, `gold of ${ask.id}`, golds as [Span, ...Span[]]);
  const n = golds.indexOf(gold);
  const untrue = ask.claims.every(({ says }) => says !== ask.invents);
  switch (kind) {
    case 'stale': {
      const wrong = ask.class === 'other-tenant' ? -1 : ask.wrong.findIndex(({ says }) => isStale(says, gold));
      return wrong < 0 ? undefined : on([gold], { of: 'wrong', n: wrong });
    }
    case 'denied':
      return denial((ask.claims[n] as Claim).says, textOf(gold)) ? on([gold], { n }) : undefined;
    case 'invented':
      return untrue ? on([], { of: 'invents', cites: [numberOf(gold)] }) : undefined;
    case 'fragment':
      return untrue ? on([wordIn(seed, ask.id, gold)], { of: 'invents' }) : undefined;
    case 'misattributed':
      return on([gold], { n, cites: [(numberOf(gold) % 4) + 1] });
    case 'not given':
      return untrue ? on([], { of: 'invents', cites: [between(seed, `cited ${ask.id}`, 6, 12)] }) : undefined;
    default:
      return undefined;
  }
}

/** Sections of each major's pages that stand beside the right ones in a prompt. */
let beside: ReadonlyMap<number, readonly Passage[]> | undefined;
function neighbours() {
  const fit = sections().filter(({ text }) => text.length > 200 && text.length < 1_500);
  beside ??= new Map([3, 4, 5].map((major) => [major, fit.filter(({ page }) => page.startsWith(`fastify-${major}`))]));
  return beside;
}

/** What is out of date is what the day was full of. */
function faultOf(seed: number, { id }: Ask, faults: readonly Told[]): Told | undefined {
  const common = faults.find(({ kind }) => kind === 'stale') ?? faults.find(({ kind }) => kind === 'denied');
  return common && roll(seed, `common ${id}`) < 0.85
    ? common
    : faults[between(seed, `fault ${id}`, 0, faults.length - 1)];
}

/** Questions of that day: ten about what has changed since, six that a "not" would turn round, sixteen others. */
function askedOn(seed: number, all: readonly Judged[][]): Judged[][] {
  const whole = shuffled(seed, 'asks', all)
    .filter((claims) => claims.length === claims[0]?.ask.claims.length)
    .filter((claims) => claims.every(({ passage }) => passage.text.length < 6_000));
  const changed = ([one]: Judged[]) => {
    const { ask, span } = one as Judged;
    return ask.class !== 'other-tenant' && ask.wrong.some(({ says }) => isStale(says, span));
  };
  const [stale, same] = [whole.filter(changed), whole.filter((claims) => !changed(claims))];
  const deniable = (claims: Judged[]) => claims.every(({ says, span }) => denial(says, textOf(span)));
  const [denied, others] = [same.filter(deniable), same.filter((claims) => !deniable(claims))];
  return [...stale.slice(0, 10), ...denied.slice(0, 6), ...others.slice(0, 16)];
}

/** A reply to each of some questions: what is true of it, and often something more. */
export function replies(seed: number): Reply[] {
  const byAsk = new Map<string, Judged[]>();
  for (const one of judged()) byAsk.set(one.ask.id, [...(byAsk.get(one.ask.id) ?? []), one]);
  const asked = askedOn(seed, [...byAsk.values()]);
  const others = neighbours();
  const unanswerable = shuffled(
    seed,
    'unanswerable',
    asks('visible').filter((ask) => !ask.claims.length && !ask.obeys),
  );
  const about = [
    ...asked.map((claims) => ({ ask: (claims[0] as Judged).ask, claims })),
    ...unanswerable.slice(0, 6).map((ask) => ({ ask, claims: [] })),
  ];
  return shuffled(seed, 'day', about).map(({ ask, claims }, nth) => {
    const golds = [...new Set(claims.map(({ passage }) => passage))];
    const mine = others.get(ask.tenant.major) ?? [];
    const near = between(seed, `near ${ask.id}`, 0, mine.length - 9);
    const more = mine.slice(near, near + 9).filter((each) => !golds.includes(each));
    const prompt = shuffled(seed, `prompt ${ask.id}`, [...golds, ...more.slice(0, 4 - golds.length)]);
    const numberOf = (span: Span) => prompt.findIndex((passage) => covers(passage, span)) + 1;
    const told = claims.map(
      ({ n, span }): Told => ({ kind: 'proven', of: 'claims', n, cites: [numberOf(span)], quotes: [span] }),
    );
    const invented: Told = {
      kind: 'invented',
      of: 'invents',
      n: 0,
      cites: [between(seed, `cited ${ask.id}`, 1, 4)],
      quotes: [],
    };
    const often = roll(seed, `faulty ${ask.id}`) < 0.75;
    const faults = claims.length === 0 ? [invented] : FAULTS.flatMap((kind) => faulty(seed, ask, kind, numberOf) ?? []);
    const fault = claims.length === 0 || often ? faultOf(seed, ask, faults) : undefined;
    const replaces = fault?.of === 'claims' ? told.filter(({ n }) => n !== fault.n) : told;
    const given = prompt.map(({ id: passage }, n) => ({ number: n + 1, passage }));
    return {
      at: nth * 450_000 + between(seed, `at ${ask.id}`, 0, 400_000),
      ask: ask.id,
      given: given.sort((a, b) => (a.passage < b.passage ? -1 : 1)),
      around: pick(seed, `around ${ask.id}`, AROUND),
      claims: shuffled(seed, `claims ${ask.id}`, fault ? [...replaces, fault] : told).map((each, n) => ({
        ...each,
        ...(roll(seed, `lines ${ask.id} ${n}`) < 0.5 && { lines: 'kept' as const }),
      })),
    };
  });
}

/** The same replies from their recording. */
export function recordedReplies({ events, at }: Recording): Reply[] {
  return events
    .filter(({ type }) => type === 'ReplyReceived')
    .map((event) => ({ ...(event.data as unknown as Reply), at: at(event), event: event.id }));
}

/** A page of our own with one section between others, for what has to be exact. */
export function pageWith(
  id: string,
  body: string,
  { version, heading = 'Limits', before = '' }: { version?: string; heading?: string; before?: string } = {},
): { page: Page; passage: Passage } {
  const top = `# ${id}\n\n${before}\n\n`;
  const text = `## ${heading}\n\n${body}\n`;
  const metadata = version ? { version } : {};
  const [start, end] = [top.length, top.length + text.length];
  return {
    page: { id, text: `${top}${text}\n## Another\n\nNothing of it.\n`, metadata },
    passage: { id: `${id}#${start}-${end}`, page: id, start, end, headings: [id, heading], text, metadata },
  };
}

/** What two pages of one tenant say of the same thing, last year's first. */
export const CONFLICTS: readonly Conflict[] = [
  [
    'northwind/Gateway-Settings',
    'A carrier may send 400 requests per minute',
    'A carrier may send 600 requests per minute',
  ],
  ['northwind/Gateway-Settings', 'The keep-alive timeout is 50 seconds.', 'The keep-alive timeout is 75 seconds.'],
  ['northwind/Gateway-Settings', 'Logs are kept for 60 days', 'Logs are kept for 45 days'],
  [
    'vantelle/Partner-Limits',
    'A shop may send 2,000 requests per minute.',
    'A shop may send 3,000 requests per minute.',
  ],
  [
    'vantelle/Partner-Limits',
    'The body limit is 256 KiB for single payments',
    'The body limit is 512 KiB for single payments',
  ],
];
export type Conflict = readonly [pages: string, before: string, now: string];
