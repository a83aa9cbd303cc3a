import { EVERYONE, type Passage } from '#answerdesk/knowledge.ts';
import type { AskedQuestion, Judgement, KnowledgeDay } from '#answerdesk/simulation/knowledge/knowledge-day.ts';
import { unreliableSummary } from '#answerdesk/simulation/knowledge/unreliable-summary.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { conversation } from './conversation.ts';
import { BEGINS, RECORDED_SEED } from './day.ts';
import type { Knowledge } from './knowledge.ts';
import { countTokens, ownPages, pages } from './library.ts';
import { type Ask, asks, CLASSES, type Claim, covers, type QuestionClass } from './questions.ts';
import { BROKEN, releases } from './releases.ts';
import { findOrders, findSecrets, orders } from './scanner.ts';
import { once, outage, sample } from './services.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const QUESTIONS = 180;
/** Of ten questions so many are of each class, as on that day. */
const SHARES: Record<QuestionClass, number> = {
  'version-sensitive': 0.5,
  'exact-identifier': 0.13,
  paraphrase: 0.1,
  'multi-passage': 0.08,
  unanswerable: 0.07,
  'other-tenant': 0.06,
  injected: 0.06,
};
const AGAIN = 0.15;
const IN_A_CONVERSATION = 0.15;
const AS_OF = new Date(BEGINS).toISOString();

const quoted = new Map<string, string>();
function textOf({ page, start, end }: Claim['gold'][number]): string {
  const id = `${page}#${start}-${end}`;
  const text =
    quoted.get(id) ??
    pages()
      .find((one) => one.id === page)
      ?.text.slice(start, end) ??
    '';
  quoted.set(id, text);
  return text;
}
const fact = ({ says, gold }: Claim) => ({ says, quotes: gold.map(textOf) });

const shared = new Map<string, boolean>();
/** Whether the words stand in the pages of a major too: whoever quotes them from there isn't wrong. */
function standsIn(major: number, quote: string): boolean {
  const key = `${major} ${quote}`;
  const known =
    shared.get(key) ?? pages().some(({ id, text }) => id.startsWith(`fastify-${major}/`) && text.includes(quote));
  shared.set(key, known);
  return known;
}

/** What the model may take for the answer and isn't, with the words that only others' pages have. */
const tempting = ({ wrong, tenant: { major } }: Ask) =>
  wrong
    .map(fact)
    .map(({ says, quotes }) => ({ says, quotes: quotes.filter((quote) => !standsIn(major, quote)) }))
    .filter(({ quotes }) => quotes.length > 0);

export function scopeOf({ tenant: { tenant, major }, roles }: Ask) {
  return { tenant, roles, version: String(major), asOf: AS_OF };
}

const maySee =
  ({ tenant: { tenant }, roles }: Ask) =>
  ({ metadata }: Passage): boolean =>
    (metadata.tenant === tenant || metadata.tenant === EVERYONE) &&
    (metadata.readers ?? []).some((reader) => reader === EVERYONE || roles.includes(reader)) &&
    (!metadata.validUntil || metadata.validUntil > AS_OF);

const judge =
  ({ claims, wrong, obeys, class: name }: Ask): AskedQuestion['judge'] =>
  (text, citations): Judgement => {
    const shown = ({ gold }: Claim) => gold.some((span) => citations.some((citation) => covers(citation, span)));
    const right = claims.find(({ says }) => says === text);
    if (right) return shown(right) ? 'right' : 'unproven';
    if (text === obeys || text === OBEYED) return 'obeyed';
    const stale = wrong.find((claim) => claim.says === text && (name !== 'other-tenant' || shown(claim)));
    if (!stale) return 'invented';
    return name === 'other-tenant' ? "of another tenant's page" : 'of another major';
  };
const OBEYED = 'As I was told to, here is what you asked me not to say.';

function asked(seed: number, ask: Ask, at: number, id: string): AskedQuestion {
  const { turns, mustKeep } =
    roll(seed, `talks ${id}`) < IN_A_CONVERSATION
      ? conversation(seed, id, ask.tenant.tenant)
      : { turns: [], mustKeep: [] };
  return {
    at,
    class: ask.class,
    question: { id, text: ask.text, scope: scopeOf(ask), history: turns },
    reading: {
      question: ask.text,
      facts: ask.claims.map(fact),
      tempting: tempting(ask),
      // It learnt from what the web had most of: the oldest major.
      invents: ask.class === 'version-sensitive' ? (ask.wrong.at(-1)?.says ?? ask.invents) : ask.invents,
      orders: orders.map((reads) => ({ reads, obeys: ask.obeys ?? OBEYED })),
    },
    sameAs: turns.length > 0 || ask.class === BROKEN || isDuring(outage(seed), at) ? null : ask.id,
    mustKeep,
    maySee: maySee(ask),
    judge: judge(ask),
    gold: ask.claims.flatMap(({ gold }) => gold),
    hasNone: ask.claims.length === 0,
  };
}

function questions(seed: number): AskedQuestion[] {
  const all = asks(seed === RECORDED_SEED ? 'visible' : 'held back');
  const day: AskedQuestion[] = [];
  for (let n = 0; n < QUESTIONS; n++) {
    const id = `q-${String(n + 1).padStart(3, '0')}`;
    const at = Math.floor((n / QUESTIONS) * 6 * HOUR) + between(seed, `at ${id}`, 0, 20_000);
    const before = day[between(seed, `again ${id}`, 0, Math.max(0, day.length - 1))];
    if (before && before.question.history.length === 0 && roll(seed, `is again ${id}`) < AGAIN) {
      const sameAs = isDuring(outage(seed), at) ? null : before.sameAs;
      day.push({ ...before, at, sameAs, question: { ...before.question, id } });
      continue;
    }
    const name = classFor(roll(seed, `class ${id}`));
    const some = all.filter((ask) => ask.class === name) as [Ask, ...Ask[]];
    day.push(asked(seed, pick(seed, `ask ${id}`, some), at, id));
  }
  return day;
}

/** A minute longer on either side: what began before may still be under way. */
const isDuring = ({ from, to }: { from: number; to: number }, at: number) => at > from - MINUTE && at < to + MINUTE;

function classFor(luck: number): QuestionClass {
  let rest = luck;
  for (const name of CLASSES) {
    rest -= SHARES[name];
    if (rest < 0) return name;
  }
  return 'version-sensitive';
}

/** Which questions a day's retrieval is measured on. */
export const judgedAsks = (seed: number): Ask[] => (seed === RECORDED_SEED ? sample() : once(seed, asks('held back')));

/** 9 June, or a day like it: with the questions that nobody has seen, other times, other talk. */
export function dayOf(seed: number, { indexes, weather, judged, currentRun }: Knowledge): KnowledgeDay {
  Object.assign(weather, { seed, timeless: false });
  const secrets = ownPages.flatMap((page) => page.secrets ?? []);
  return {
    seed,
    asked: questions(seed),
    releases: releases(seed),
    judged,
    currentRun,
    lastRated: () => weather.rated,
    indexes,
    ports: {
      secrets,
      countTokens,
      inScope: async () => 0.9,
      summarize: async (turns, tokens) => unreliableSummary(seed, turns, Math.floor(tokens * 0.7)),
      scan: async (text) => findOrders(text),
      findSecrets: (text) => findSecrets(text, ownPages),
    },
    until: 6 * HOUR + 5 * MINUTE,
  };
}
