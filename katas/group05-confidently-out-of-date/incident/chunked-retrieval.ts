import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { ChunkingSettings } from '#answerdesk/seams/chunking.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { embed } from './embedding.ts';
import { countTokens, pages } from './library.ts';
import { type Ask, asks, covers, type Span } from './questions.ts';

/** Six hours of one tenant's desk: how its pages are chunked, and who asks what. */
export interface Desk {
  tenant: string;
  settings: ChunkingSettings;
  /** What of the passages found is put in a prompt. */
  contextTokens: number;
  asked: { at: number; ask: string; event?: number }[];
}

const CLASSES = ['exact-identifier', 'paraphrase', 'version-sensitive', 'multi-passage'];

/** What the documentation or the tenant's own pages answer. */
export const asksOf = (tenant: string): Ask[] =>
  asks('visible').filter((ask) => ask.tenant.tenant === tenant && ask.claims.length > 0 && CLASSES.includes(ask.class));

/** The pages in which that stands, and the tenant's own. */
export function pagesOf(tenant: string): Page[] {
  const gold = new Set(
    asksOf(tenant).flatMap(({ claims }) => claims.flatMap((claim) => claim.gold.map(({ page }) => page))),
  );
  return pages().filter(({ id }) => gold.has(id) || id.startsWith(`${tenant}/`));
}

const HOURS = 6 * 3_600_000;
/** Most are on the oldest major: its pages are the shortest, and a day of it is read quickly. */
const ON_DUTY = ['larkspur', 'brackwater', 'larkspur', 'brackwater', 'northwind', 'kestrelby'] as const;
export const onDuty = (seed: number): string => pick(seed, 'whose desk', ON_DUTY);

export function desk(seed: number): Desk {
  const tenant = onDuty(seed);
  const asked = asksOf(tenant).map(({ id }) => ({ at: between(seed, `${id} is asked`, 1_000, HOURS), ask: id }));
  return {
    tenant,
    settings: { maxTokens: pick(seed, 'max', [112, 128, 144, 160]), overlapTokens: between(seed, 'overlap', 12, 24) },
    contextTokens: 1_500,
    asked: asked.sort((a, b) => a.at - b.at),
  };
}

/** The same from its recording. */
export function recordedDesk({ events, at }: Recording): Desk {
  const chosen = events.find(({ type }) => type === 'ChunkingChosen')?.data as unknown as Desk;
  const asked = events
    .filter(({ type }) => type === 'ContextAskedFor')
    .map((event) => ({ at: at(event), ask: String(event.data['ask']), event: event.id }));
  return { ...chosen, asked };
}

const vectors = new Map<string, Float32Array>();
function vectorOf(text: string): Float32Array {
  const vector = vectors.get(text) ?? embed(text);
  vectors.set(text, vector);
  return vector;
}

export interface Context {
  /** What of which page it holds, best first. */
  spans: Span[];
  tokens: number;
  /** The last passage didn't fit and was cut. */
  cut: boolean;
}

/** The lines of a passage that fit. */
function beginning({ page, start, text }: Passage, tokens: number): Span {
  let end = start;
  let left = tokens;
  for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    left -= countTokens(line);
    if (left < 0) break;
    end += line.length;
  }
  return { page, start, end };
}

/** Finds by the cosine of a passage under its headings, and fills the context with what is found, best first. */
export function createContexts(passages: readonly Passage[], contextTokens: number): (question: string) => Context {
  const rows = passages.map((passage) => ({
    passage,
    vector: vectorOf([...passage.headings, passage.text].join('\n')),
  }));
  return (question) => {
    const asked = vectorOf(question);
    const hits = rows.map(({ passage, vector }) => {
      let score = 0;
      for (let d = 0; d < asked.length; d++) score += (asked[d] as number) * (vector[d] as number);
      return { passage, score };
    });
    hits.sort((a, b) => b.score - a.score || (a.passage.id < b.passage.id ? -1 : 1));
    const spans: Span[] = [];
    let left = contextTokens;
    for (const { passage } of hits) {
      // A token is seldom more than eight characters: long pages aren't counted.
      const tokens = passage.text.length > 16 * contextTokens ? Infinity : countTokens(passage.text);
      if (tokens > left) {
        spans.push(beginning(passage, left));
        return { spans, tokens: contextTokens, cut: true };
      }
      spans.push(passage);
      left -= tokens;
    }
    return { spans, tokens: contextTokens - left, cut: false };
  };
}

/** Whether all that the answer says stands in the context, each claim in one piece. */
export const holdsAnswer = ({ spans }: Context, { claims }: Ask): boolean =>
  claims.every(({ gold }) => gold.some((span) => spans.some((held) => covers(held, span))));

const wholePages = new Map<string, number>();
/** How many of a tenant's asks are answered where a passage is a page. */
export function answeredFromWholePages(tenant: string, contextTokens: number): number {
  const known = wholePages.get(tenant);
  if (known !== undefined) return known;
  const whole = pagesOf(tenant).map(({ id, text, metadata }): Passage => {
    return { id: `${id}#0-${text.length}`, page: id, start: 0, end: text.length, headings: [], text, metadata };
  });
  const contextFor = createContexts(whole, contextTokens);
  const answered = asksOf(tenant).filter((ask) => holdsAnswer(contextFor(ask.text), ask)).length;
  wholePages.set(tenant, answered);
  return answered;
}

/** The section in which a span stands, from its heading to the next. */
export function sectionAround(text: string, span: Span): Span {
  let [start, end, fenced] = [0, text.length, false];
  for (const { 0: line, index } of text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    if (fenced || !/^#{1,6}\s/.test(line)) continue;
    if (index <= span.start) start = index;
    else end = Math.min(end, index);
  }
  return { page: span.page, start, end: start + text.slice(start, end).trimEnd().length };
}

/** Claims that are proved in a few of the tenant's shorter pages, with these pages. */
export function claimsToExpand(seed: number, tenant: string): { pages: Page[]; gold: Span[] } {
  const short = shuffled(
    seed,
    'short pages',
    pagesOf(tenant).filter(({ text }) => text.length < 36_000),
  );
  const gold = asksOf(tenant).flatMap(({ claims }) => claims.flatMap((claim) => claim.gold.slice(0, 1)));
  const found: Page[] = [];
  const chosen: Span[] = [];
  for (const page of short) {
    const own = gold.filter((span) => span.page === page.id);
    if (own.length === 0) continue;
    found.push(page);
    chosen.push(...own);
    if (chosen.length >= 8) break;
  }
  return { pages: found, gold: chosen };
}
