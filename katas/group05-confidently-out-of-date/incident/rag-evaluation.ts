import type { JudgedQuestion, Passage } from '#answerdesk/knowledge.ts';
import type { Comparison, CreateEvaluator, EvaluationSettings, RetrievalRun } from '#answerdesk/seams/evaluation.ts';
import type { RecordedEvent, Recording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './day.ts';
import { wordsOf } from './embedding.ts';
import { tenants } from './library.ts';
import { type Ask, asks, covers, judgedOn } from './questions.ts';
import { type Changed, changesOf, classesOf, inClass, isBroken, isHarmless } from './rag-evaluation-measures.ts';
import { sections } from './sections.ts';

/** A morning's candidates, each held against what ran the day before, and a page that somebody wrote meanwhile. */
export interface Morning {
  tenant: string;
  k: number;
  passages: readonly Passage[];
  asks: readonly Ask[];
  judged: readonly JudgedQuestion[];
  now: RetrievalRun;
  candidates: readonly Candidate[];
  faq: Faq;
}
export interface Candidate {
  at: number;
  name: CandidateName;
  run: RetrievalRun;
  event?: number;
}
type CandidateName = 'rewritten' | 're-indexed' | 'synonyms';
/** How a question was set on the page. `half` of one isn't the question. */
const STYLES = ['bold', 'heading', 'wrapped', 'curly', 'half'] as const;
type Style = (typeof STYLES)[number];
export interface Faq {
  at: number;
  page: string;
  entries: readonly { ask: string; style: Style }[];
  event?: number;
}

const MINUTE = 60_000;
const DEPTH = 8;
const POOL = 260;

/** BM25 over some of a tenant's library: what answers its questions, and others. */
interface Index {
  passages: readonly Passage[];
  scores: (question: string) => readonly number[];
}
const indexes = new Map<string, Index>();

function indexOf(tenant: string): Index {
  const known = indexes.get(tenant);
  if (known) return known;
  const major = tenants.find((one) => one.tenant === tenant)?.major;
  const gold = asksOf(tenant).flatMap(({ claims }) => claims.flatMap((claim) => claim.gold));
  const proves = (passage: Passage) => gold.some((span) => covers(passage, span));
  const library = sections().filter(
    ({ page, metadata }) => page.startsWith(`fastify-${major}/`) || metadata.tenant === tenant,
  );
  const others = shuffled(RECORDED_SEED, 'pool', library).filter((passage) => !proves(passage));
  const passages = [...library.filter(proves), ...others].slice(0, POOL);
  const index = { passages, scores: bm25(passages.map(({ headings, text }) => `${headings.join('\n')}\n${text}`)) };
  indexes.set(tenant, index);
  return index;
}
const asksOf = (tenant: string) => asks('visible').filter((ask) => ask.tenant.tenant === tenant);

function bm25(texts: readonly string[]): Index['scores'] {
  const postings = new Map<string, Map<number, number>>();
  const lengths = texts.map((text, n) => {
    const words = wordsOf(text);
    for (const word of words) {
      const where = postings.get(word) ?? new Map<number, number>();
      postings.set(word, where.set(n, (where.get(n) ?? 0) + 1));
    }
    return words.length;
  });
  const average = lengths.reduce((total, one) => total + one, 0) / lengths.length;
  return (question) => {
    const scores = texts.map(() => 0);
    for (const word of new Set(wordsOf(question))) {
      const where = postings.get(word) ?? new Map<number, number>();
      const idf = Math.log(1 + (texts.length - where.size + 0.5) / (where.size + 0.5));
      for (const [n, often] of where) {
        const norm = 1.2 * (0.25 + (0.75 * (lengths[n] as number)) / average);
        scores[n] = (scores[n] as number) + (idf * often * 2.2) / (often + norm);
      }
    }
    return scores;
  };
}

const kept = new Map<string, readonly { id: string; score: number }[]>();
/** The best few passages. `jitter` is what a new index makes of a score. */
function ranked(tenant: string, question: string, jitter?: (id: string) => number): string[] {
  const key = `${tenant} ${question}`;
  const best = kept.get(key) ?? bestOf(indexOf(tenant), question);
  kept.set(key, best);
  const order = jitter ? best.map(({ id, score }) => ({ id, score: score * jitter(id) })).sort(byScore) : best;
  return order.slice(0, DEPTH).map(({ id }) => id);
}
const byScore = (a: { id: string; score: number }, b: { id: string; score: number }) =>
  b.score - a.score || (a.id < b.id ? -1 : 1);
const bestOf = ({ passages, scores }: Index, question: string) =>
  scores(question)
    .map((score, n) => ({ id: passages[n]?.id ?? '', score }))
    .filter(({ score }) => score > 0)
    .sort(byScore)
    .slice(0, 2 * DEPTH);

const IDENTIFIERS = /`[^`]*`|\S*[_.(]\S*\w|\b\w*[a-z][A-Z]\w*|\b[A-Z]{2,}\w*/g;
/** The question as a model says it in other words: much nearer to the page's, and without what isn't a word. */
const rewritten = ({ class: kind, text, claims }: Ask) =>
  kind === 'exact-identifier'
    ? text.replace(IDENTIFIERS, ' ')
    : [text.replace(IDENTIFIERS, ' '), ...claims.map(({ says }) => says)].join(' ');

type Base = Omit<Morning, 'candidates' | 'faq'>;

function rankingOf(ask: Ask, seed: number, name: CandidateName | 'live', share: number): string[] {
  const { tenant } = ask.tenant;
  const taken = roll(seed, `${name} ${ask.id}`) < share;
  if (name === 'rewritten' && (taken || ask.class === 'exact-identifier')) return ranked(tenant, rewritten(ask));
  if (name === 'synonyms' && taken && ask.class === 'paraphrase') return ranked(tenant, rewritten(ask));
  if (name === 're-indexed') return ranked(tenant, ask.text, (id) => 0.92 + 0.16 * roll(seed, `${ask.question} ${id}`));
  return ranked(tenant, ask.text);
}
function runOf(all: readonly Ask[], seed: number, name: CandidateName | 'live'): RetrievalRun {
  const share = 0.5 + 0.5 * roll(seed, `share ${name}`);
  return Object.fromEntries(all.map((ask) => [ask.id, rankingOf(ask, seed, name, share)]));
}

/** The first of some runs that fits. */
function firstRun(run: (attempt: number) => RetrievalRun, fits: (changes: readonly Changed[]) => boolean, base: Base) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = run(attempt);
    if (fits(changesOf(base.judged, base.now, found, base.k))) return found;
  }
  return undefined;
}

/** A run that is as its name says beyond doubt: no test can be asked to be sure of less. */
function candidateRun(base: Base, seed: number, name: CandidateName): RetrievalRun {
  const fits = (changes: readonly Changed[]) =>
    name === 'rewritten'
      ? changes.every((one) => one.class !== 'all' || one.change > 0) &&
        changes.some((one) => one.class === 'exact-identifier' && isBroken(one) && one.fell >= 7)
      : changes.every(isHarmless) &&
        (name === 'synonyms' || changes.some((one) => one.class === 'all' && one.fell >= 2));
  const whole = (attempt: number) =>
    name === 're-indexed' ? jittered(base, seed + attempt) : runOf(base.asks, seed + attempt * 1_009, name);
  const run = firstRun(whole, fits, base);
  if (!run) throw new Error(`no run that is ${name} with seed ${seed}`);
  return run;
}

/** Class by class, so that there soon is one in which none is really worse. */
function jittered(base: Base, seed: number): RetrievalRun {
  const runs = classesOf(base.judged).map((name) => {
    const some = base.asks.filter((ask) => ask.class === name);
    const judged = inClass(base.judged, name);
    const run = (attempt: number) => runOf(some, seed * 1_009 + attempt, 're-indexed');
    return firstRun(run, (changes) => changes.every(isHarmless), { ...base, judged }) ?? base.now;
  });
  return { ...base.now, ...Object.assign({}, ...runs.filter((run) => run !== base.now)) };
}

export function morningOf(seed: number): Morning {
  const tenant = pick(seed, 'tenant', ['northwind', 'quillmoor', 'vantelle', 'kestrelby']);
  const left = shuffled(seed, 'left out', asksOf(tenant)).filter(
    ({ class: kind }, n) => kind === 'exact-identifier' || n > 5,
  );
  const { passages } = indexOf(tenant);
  const judged = left.map((ask) => judgedOn(passages, ask));
  const k = between(seed, 'k', 4, 7);
  const base = { tenant, k, passages, asks: left, judged, now: runOf(left, seed, 'live') };
  const names = shuffled<CandidateName>(seed, 'candidates', ['rewritten', 're-indexed', 'synonyms']);
  const candidates = names.map((name, n) => ({
    at: (30 + n * 100 + between(seed, `at ${n}`, 0, 60)) * MINUTE,
    name,
    run: candidateRun(base, seed, name),
  }));
  const entries = shuffled(seed, 'faq', left)
    .slice(0, between(seed, 'entries', 6, 12))
    .map(({ id }, n) => ({ ask: id, style: n < STYLES.length ? (STYLES[n] as Style) : pick(seed, id, STYLES) }));
  return { ...base, candidates, faq: { at: 20 * MINUTE, page: `${tenant}/what-we-are-asked.md`, entries } };
}

/** The passages of the page, one for each entry. */
export function faqPassages({ page, entries }: Faq, known: readonly Ask[]): Passage[] {
  return entries.map(({ ask, style }, n) => {
    const text = set(known.find(({ id }) => id === ask)?.text ?? '', style);
    const [start, end] = [n * 1_000, n * 1_000 + text.length];
    return { id: `${page}#${start}-${end}`, page, start, end, headings: ['What we are asked'], text, metadata: {} };
  });
}

function set(text: string, style: Style): string {
  if (style === 'bold') return `Asked this week: **${text}** See below.`;
  if (style === 'heading') return `## ${text.replaceAll('`', '').toUpperCase()}\n\nAs the documentation says.`;
  if (style === 'wrapped') return `> ${text.split(' ').join('\n> ')}\n\nYes.`;
  const words = text.split(' ');
  if (style === 'half') return `${words.slice(0, words.length / 2).join(' ')} and so on. We will write more.`;
  return `“${text.replaceAll('`', '’').replaceAll("'", '’').replaceAll(' ', '\u00a0')}” was asked twice.`;
}

/** Ids of the questions of which all stands on the page. */
export const leakedBy = ({ entries }: Faq): string[] =>
  entries.filter(({ style }) => style !== 'half').map(({ ask }) => ask);

/** The same morning from its recording. */
export function recordedMorning({ events, at }: Recording): Morning {
  const all = (type: string) => events.filter((event) => event.type === type);
  const [indexed, live, written] = ['PassagesIndexed', 'LiveRunRecorded', 'PageWritten'].map((type) => all(type)[0]);
  if (!indexed || !live || !written) throw new Error('the recording has no index, no live run or no page');
  const tenant = String(indexed.data['tenant']);
  const byId = new Map(sections().map((passage) => [passage.id, passage]));
  const ids = indexed.data['passages'] as string[];
  const passages = ids.flatMap((id) => byId.get(id) ?? []);
  const runIn = ({ data }: RecordedEvent): RetrievalRun => {
    const places = Object.entries(data['rankings'] as Record<string, number[]>);
    return Object.fromEntries(places.map(([ask, numbers]) => [ask, numbers.map((n) => ids[n] ?? '')]));
  };
  const now = runIn(live);
  const known = asksOf(tenant).filter(({ id }) => now[id]);
  const candidates = all('CandidateOffered').map((event) => ({
    at: at(event),
    name: event.data['candidate'] as CandidateName,
    run: runIn(event),
    event: event.id,
  }));
  const { page, entries } = written.data as unknown as Faq;
  const faq = { at: at(written), page, entries, event: written.id };
  const { k } = morningOf(RECORDED_SEED);
  return {
    tenant,
    k,
    passages,
    asks: known,
    judged: known.map((ask) => judgedOn(passages, ask)),
    now,
    candidates,
    faq,
  };
}

export const settingsOf = ({ k }: Morning): EvaluationSettings => ({ k, resamples: 400, confidence: 0.95, seed: 5 });

/** What became of a candidate. */
export interface Compared extends Candidate {
  comparison: Comparison;
  event: number;
}

export async function playMorning(scene: Morning, { clock, history }: Run, create: CreateEvaluator) {
  const evaluator = create({ emit: () => {} }, settingsOf(scene));
  const places = new Map(scene.passages.map(({ id }, n) => [id, n]));
  const rankings = (run: RetrievalRun) =>
    Object.fromEntries(Object.entries(run).map(([ask, ids]) => [ask, ids.map((id) => places.get(id) ?? 0)]));
  const { tenant, judged, now, faq } = scene;
  const passages = scene.passages.map(({ id }) => id);
  history.record({ stream: 'index', type: 'PassagesIndexed', data: { tenant, passages } });
  history.record({ stream: 'live', type: 'LiveRunRecorded', data: { rankings: rankings(now) } });
  const figures = structuredClone(evaluator.evaluate(structuredClone(judged), structuredClone(now)));
  let leaks: readonly string[] = [];
  let leakedAt = 0;
  const compared: Compared[] = [];

  const write = () => {
    const data = { page: faq.page, entries: faq.entries };
    leakedAt = history.record({ stream: 'index', type: 'PageWritten', data });
    const all = [...scene.passages.slice(0, 100), ...faqPassages(faq, scene.asks)];
    leaks = structuredClone(evaluator.leaks(structuredClone(judged), structuredClone(all)));
    history.record({ stream: 'index', type: 'LeaksReported', data: { asks: leaks }, causationId: leakedAt });
  };
  const compare = (candidate: Candidate) => {
    const { name, run } = candidate;
    const offered = { candidate: name, rankings: rankings(run) };
    const causationId = history.record({ stream: name, type: 'CandidateOffered', data: offered });
    const got = evaluator.compare(structuredClone(judged), structuredClone(now), structuredClone(run));
    const comparison = structuredClone(got);
    const regressions = comparison.regressions.map((one) => ({ class: one.class, metric: one.metric }));
    const data = { candidate: name, passes: comparison.passes, regressions };
    history.record({ stream: name, type: 'CandidateCompared', data, causationId });
    compared.push({ ...candidate, comparison, event: candidate.event ?? causationId });
  };
  const steps = [
    { at: faq.at, happen: write },
    ...scene.candidates.map((candidate) => ({ at: candidate.at, happen: () => compare(candidate) })),
  ].sort((a, b) => a.at - b.at);
  for (const { at, happen } of steps) {
    await clock.advance(at - clock.now());
    happen();
  }
  return { figures, compared, leaks, leakedAt };
}
