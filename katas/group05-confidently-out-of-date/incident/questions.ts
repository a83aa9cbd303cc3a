import { readdirSync, readFileSync } from 'node:fs';
import type { JudgedQuestion, Page, Passage } from '#answerdesk/knowledge.ts';
import { pages, type Tenant, tenants } from './library.ts';

/** Where something stands: the quote's place in its page. */
export interface Span {
  page: string;
  start: number;
  end: number;
}

/** A sentence of the right answer. Any one of its spans proves it. */
export interface Claim {
  says: string;
  grade: number;
  gold: readonly Span[];
}

interface Quote {
  page: string;
  quote: string;
}
interface AuthoredClaim extends Quote {
  says: string;
  grade: number;
  also?: Quote[];
}
interface Authored {
  id: string;
  class: QuestionClass;
  text: string;
  answers: Partial<Record<'3' | '4' | '5' | 'own', AuthoredClaim[]>>;
  invents: string;
  obeys?: string;
  asker?: string;
  roles?: string[];
  tempting?: Quote[];
}

export const CLASSES = [
  'exact-identifier',
  'paraphrase',
  'version-sensitive',
  'multi-passage',
  'unanswerable',
  'other-tenant',
  'injected',
] as const;
export type QuestionClass = (typeof CLASSES)[number];

/** A question as one tenant asks it, with what is right there. No claims: the right answer is to abstain. */
export interface Ask {
  /** `own-logger/northwind` */
  id: string;
  question: string;
  class: QuestionClass;
  text: string;
  tenant: Tenant;
  roles: readonly string[];
  claims: readonly Claim[];
  /** What is right for somebody else and wrong here: another major's claims, or what stands in another tenant's page. */
  wrong: readonly Claim[];
  /** What the model says where it finds nothing, and what it says if it obeys a page. */
  invents: string;
  obeys?: string;
}

/** `visible` ones are for learners; the others are for the gate's fresh days and for an instructor's grading. */
export type Split = 'visible' | 'held back';
const FOLDERS: Record<Split, URL> = {
  visible: new URL('./corpus/questions/', import.meta.url),
  'held back': new URL('./corpus/questions-held-back/', import.meta.url),
};

function authored(split: Split): Authored[] {
  const files = readdirSync(FOLDERS[split]).sort();
  const lines = files.flatMap((file) => readFileSync(new URL(file, FOLDERS[split]), 'utf8').split('\n'));
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Authored);
}

function spanOf({ page, quote }: Quote, byId: ReadonlyMap<string, Page>): Span {
  const start = byId.get(page)?.text.indexOf(quote) ?? -1;
  if (start < 0) throw new Error(`no longer in ${page}: ${quote}`);
  return { page, start, end: start + quote.length };
}

function asksOf(one: Authored, byId: ReadonlyMap<string, Page>): Ask[] {
  const claim = ({ says, grade, also = [], ...quote }: AuthoredClaim): Claim => ({
    says,
    grade,
    gold: [quote, ...also].map((each) => spanOf(each, byId)),
  });
  const right = (major: string): Claim[] => (one.answers[major as '3'] ?? []).map(claim);
  const askers = one.asker ? tenants.filter(({ tenant }) => tenant === one.asker) : tenants;
  const { id, class: kind, text, invents, obeys, roles = ['support'], tempting = [] } = one;
  const others = one.asker
    ? tempting.map((quote) => ({ says: invents, grade: 0, gold: [spanOf(quote, byId)] }))
    : undefined;
  return askers.map((tenant) => {
    const claims = right(one.asker ? 'own' : String(tenant.major));
    const elsewhere = [5, 4, 3].filter((major) => major !== tenant.major).flatMap((major) => right(String(major)));
    const wrong = (others ?? elsewhere).filter(({ says }) => claims.every((mine) => mine.says !== says));
    const told = { invents, ...(obeys !== undefined && { obeys }) };
    return { id: `${id}/${tenant.tenant}`, question: id, class: kind, text, tenant, roles, claims, wrong, ...told };
  });
}

const known = new Map<Split, readonly Ask[]>();
/** Every judged question of a split, by every tenant that may ask it. */
export function asks(split: Split): readonly Ask[] {
  const byId = new Map(pages().map((page) => [page.id, page]));
  const found = known.get(split) ?? authored(split).flatMap((one) => asksOf(one, byId));
  known.set(split, found);
  return found;
}

/** Whether the passage holds all of the span. */
export const covers = ({ page, start, end }: Span, span: Span): boolean =>
  page === span.page && start <= span.start && end >= span.end;

/** The ask as evaluations take it: every passage that proves a claim is relevant, with the claim's grade. */
export function judgedOn(passages: readonly Passage[], ask: Ask, among?: ReadonlySet<string>): JudgedQuestion {
  const relevant: Record<string, number> = {};
  for (const { grade, gold } of ask.claims)
    for (const passage of passages)
      if (gold.some((span) => covers(passage, span)) && (!among || among.has(passage.id)))
        relevant[passage.id] = Math.max(grade, relevant[passage.id] ?? 0);
  return { id: ask.id, text: ask.text, class: ask.class, relevant, ...(among && { among }) };
}
