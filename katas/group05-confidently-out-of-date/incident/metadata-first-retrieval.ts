import { EVERYONE, type Hit, type Metadata, type Passage } from '#answerdesk/knowledge.ts';
import type { CreateScopedSearch, Scope, ScopedSearchSettings } from '#answerdesk/seams/metadata-filter.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from './day.ts';
import { embed } from './embedding.ts';
import { type Ask, asks, covers, type Span } from './questions.ts';
import { sections } from './sections.ts';

/** Six hours at the desk of all six tenants: one index, three majors, and an import that lost what it knew. */
export interface Day {
  k: number;
  lost: readonly Lost[];
  questions: readonly Scoped[];
}
export interface Lost {
  page: string;
  fields: readonly ('tenant' | 'readers')[];
}
export interface Scoped {
  at: number;
  ask: Ask;
  version: string;
  asOf: string;
  event?: number;
}
/** What a question was given. */
export interface Given {
  question: Scoped;
  hits: readonly Hit[];
  /** The passages that it may be given, best first. */
  allowed: readonly Passage[];
  /** Those that it was given and may not be: another tenant's, or for other readers; of another version or time. */
  forbidden: readonly Passage[];
  stale: readonly Passage[];
  event: number;
}

const HOUR = 3_600_000;
const QUESTIONS = 60;
const PASSAGES = 320;
const SHORTEST = 80;
export const inProduction: ScopedSearchSettings = {
  whenMissing: { product: 'keep', version: 'drop', validity: 'drop' },
  relax: [],
};

const vectors = new Map<string, Float32Array>();
function vectorOf({ id, text }: Passage): Float32Array {
  const known = vectors.get(id) ?? embed(text);
  vectors.set(id, known);
  return known;
}
/** Passages by how near they are to the question, best first; equal ones by id. */
export function ranked(question: string, passages: readonly Passage[]): Hit[] {
  const asked = embed(question);
  const near = (vector: Float32Array) => {
    let sum = 0;
    for (let d = 0; d < vector.length; d++) sum += (vector[d] as number) * (asked[d] as number);
    return sum;
  };
  return passages
    .map((passage) => ({ id: passage.id, score: near(vectorOf(passage)) }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

const clock = (time: number, seed: number, name: string) => {
  const hours = pick(seed, `zone ${name}`, [0, 0, 2, -4]);
  const local = new Date(time + hours * HOUR).toISOString().slice(0, 19);
  return hours === 0 ? `${local}Z` : `${local}${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`;
};
/** As the desk knows what a customer runs: a major, a line, or a version. */
const rangeOf = (seed: number, { id, tenant: { major } }: Ask) => {
  const whole = { 3: '3.29.5', 4: '4.29.1', 5: '5.12.8' }[major];
  return pick(seed, `range ${id}`, [`${major}`, whole.slice(0, whole.lastIndexOf('.')), whole]);
};

export function day(seed: number): Day {
  const chosen = shuffled(seed, 'asks', asks('visible')).slice(0, QUESTIONS);
  const own = sections().filter(({ metadata }) => metadata.tenant !== EVERYONE);
  const pages = shuffled(seed, 'pages', [...new Set(own.map(({ page }) => page))]).slice(0, 4);
  return {
    k: 3,
    lost: pages.map((page) => ({ page, fields: [pick(seed, `lost ${page}`, ['tenant', 'readers'])] })),
    questions: chosen.map((ask, n) => {
      const at = Math.floor(((n + roll(seed, `at ${n}`)) * 6 * HOUR) / QUESTIONS);
      // One in eight asks about the past: what held when the customer had the trouble.
      const past = roll(seed, `past ${n}`) < 0.125 ? between(seed, `days ${n}`, 30, 400) * 24 * HOUR : 0;
      return { at, ask, version: rangeOf(seed, ask), asOf: clock(BEGINS + at - past, seed, ask.id) };
    }),
  };
}

/** The same day from its recording. */
export function recordedDay({ events, at }: Recording): Day {
  const known = new Map(asks('visible').map((ask) => [ask.id, ask]));
  const all = (type: string) => events.filter((event) => event.type === type);
  return {
    ...day(RECORDED_SEED),
    lost: all('MetadataLost').map(({ data }) => data as unknown as Lost),
    questions: all('QuestionScoped').flatMap((event) => {
      const ask = known.get(String(event.data['ask']));
      const [version, asOf] = [String(event.data['version']), String(event.data['asOf'])];
      return ask ? [{ at: at(event), ask, version, asOf, event: event.id }] : [];
    }),
  };
}

/** Some passages: those with what is right or wrong for these questions, all of the tenants' own, and others. */
function indexOf(seed: number, { questions, lost }: Day): Passage[] {
  const spans = new Map<string, Span[]>();
  for (const { ask } of questions)
    for (const span of [...ask.claims, ...ask.wrong].flatMap(({ gold }) => gold))
      spans.set(span.page, [...(spans.get(span.page) ?? []), span]);
  const order = shuffled(seed, 'index', sections()).filter(({ text }) => text.length >= SHORTEST);
  const wanted = new Set(
    order.filter(
      (passage) =>
        passage.metadata.tenant !== EVERYONE || spans.get(passage.page)?.some((span) => covers(passage, span)),
    ),
  );
  const some = [...wanted, ...order.filter((passage) => !wanted.has(passage))].slice(0, PASSAGES);
  const fields = new Map(lost.map((one) => [one.page, one.fields]));
  return shuffled(seed, 'order', some).map((passage) => {
    const metadata: Metadata = { ...passage.metadata };
    for (const field of fields.get(passage.page) ?? []) delete metadata[field];
    return { ...passage, metadata };
  });
}

const isFor = ({ metadata: { tenant, readers = [] } }: Passage, { ask }: Scoped) =>
  (tenant === EVERYONE || tenant === ask.tenant.tenant) &&
  readers.some((reader) => reader === EVERYONE || ask.roles.includes(reader));
const holds = ({ metadata: { version, validFrom = '', validUntil } }: Passage, { ask, asOf }: Scoped) =>
  Number(version?.split('.')[0]) === ask.tenant.major &&
  Date.parse(validFrom) <= Date.parse(asOf) &&
  (validUntil === null || Date.parse(validUntil ?? '') > Date.parse(asOf));

export async function playDay(scene: Day, { seed, clock: time, history }: Run, create: CreateScopedSearch) {
  const passages = indexOf(seed, scene);
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  for (const { page, fields } of scene.lost)
    history.record({ stream: page, type: 'MetadataLost', data: { page, fields } });
  const search = create(
    {
      passages: structuredClone(passages),
      search: async (question, k, among) =>
        ranked(question, among ? passages.filter(({ id }) => among.has(id)) : passages).slice(0, k),
      emit: () => {},
    },
    structuredClone(inProduction),
  );
  const given: Given[] = [];
  for (const question of scene.questions) {
    const { at, ask, version, asOf } = question;
    await time.advance(at - time.now());
    const scope: Scope = { tenant: ask.tenant.tenant, roles: [...ask.roles], version, asOf };
    const data = { ask: ask.id, version, asOf, k: scene.k };
    const causationId = history.record({ stream: ask.id, type: 'QuestionScoped', data });
    const hits = structuredClone((await search(ask.text, scene.k, scope)).hits);
    const found = hits.flatMap(({ id }) => byId.get(id) ?? []);
    const forbidden = found.filter((passage) => !isFor(passage, question));
    const stale = found.filter((passage) => isFor(passage, question) && !holds(passage, question));
    const right = found.filter((passage) => ask.claims.some(({ gold }) => gold.some((span) => covers(passage, span))));
    const counts = { found: found.length, foreign: forbidden.length + stale.length, right: right.length };
    const event = history.record({ stream: ask.id, type: 'PassagesFound', data: counts, causationId });
    const may = passages.filter((passage) => isFor(passage, question) && holds(passage, question));
    const allowed = ranked(ask.text, may).flatMap(({ id }) => byId.get(id) ?? []);
    given.push({ question, hits, allowed, forbidden, stale, event });
  }
  return given;
}
