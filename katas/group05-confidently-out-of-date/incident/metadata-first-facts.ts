import { EVERYONE, type Metadata, type Passage } from '#answerdesk/knowledge.ts';
import type { Scope, ScopedSearchSettings, SoftFilter } from '#answerdesk/seams/metadata-filter.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';

type Version = readonly [number, number, number];
/** What is true of a passage, before anybody writes it down. Absent: nobody knows. */
export interface Facts {
  tenant?: string;
  readers?: readonly string[];
  product?: string;
  version?: Version;
  /** Days since 1 January 2026. */
  from?: number;
  until?: number | null;
}
/** Who asks, what about, and for which day. */
export interface Asked {
  tenant: string;
  roles: readonly string[];
  product?: string;
  version?: { starts: readonly number[] } | { low: Version; lowIn: boolean; high: Version; highIn: boolean };
  asOf: number;
}

const DAY = 86_400_000;
const NEW_YEAR = Date.UTC(2026, 0, 1);

/** A day as people write it: its date, or its first moment in some zone. */
export function written(day: number, how: number): string {
  const midnight = NEW_YEAR + Math.round(day * 24) * (DAY / 24);
  if (how === 0 && Number.isInteger(day)) return new Date(midnight).toISOString().slice(0, 10);
  if (how < 2) return new Date(midnight).toISOString();
  const hours = how === 2 ? 5 : -7;
  const local = new Date(midnight + hours * (DAY / 24)).toISOString().slice(0, 19);
  return `${local}${hours < 0 ? '-' : '+'}0${Math.abs(hours)}:00`;
}

const UNREADABLE = ['next', 'latest', 'unknown', '', '?'] as const;
/** A passage of which this is true. What nobody knows is absent or, for versions and times, not readable. */
export function passageOf(seed: number, id: string, facts: Facts): Passage {
  const { tenant, readers, product, version, from, until } = facts;
  const unknown = (field: string): string | undefined =>
    pick(seed, `${id} ${field}`, [undefined, undefined, ...UNREADABLE]);
  const time = (field: string, day: number | undefined) =>
    day === undefined ? unknown(field) : written(day, between(seed, `${id} ${field}`, 0, 3));
  const metadata = {
    tenant,
    readers: readers && [...readers],
    product,
    version: version ? version.join('.') : unknown('version'),
    validFrom: time('from', from),
    validUntil: until === null ? null : time('until', until),
  };
  const known = Object.entries(metadata).filter(([, value]) => value !== undefined);
  const text = `${id} says so.`;
  return {
    id,
    page: `${id}.md`,
    start: 0,
    end: text.length,
    headings: [],
    text,
    metadata: Object.fromEntries(known) as Metadata,
  };
}
export function scopeOf(seed: number, { tenant, roles, product, version, asOf }: Asked): Scope {
  const range =
    version &&
    ('starts' in version
      ? version.starts.join('.')
      : `>${version.lowIn ? '=' : ''}${version.low.join('.')} <${version.highIn ? '=' : ''}${version.high.join('.')}`);
  return {
    tenant,
    roles: [...roles],
    ...(product !== undefined && { product }),
    ...(range !== undefined && { version: range }),
    asOf: written(asOf, between(seed, `as of ${asOf}`, 0, 3)),
  };
}

const rank = ([major, minor, patch]: Version) => major * 1e6 + minor * 1e3 + patch;
const within = (version: Version, range: NonNullable<Asked['version']>) => {
  if ('starts' in range) return range.starts.every((number, n) => number === version[n]);
  const [at, low, high] = [version, range.low, range.high].map((one) => rank(one as Version)) as [
    number,
    number,
    number,
  ];
  return (range.lowIn ? at >= low : at > low) && (range.highIn ? at <= high : at < high);
};
export const maySee = ({ tenant, readers = [] }: Facts, asked: Asked): boolean =>
  (tenant === EVERYONE || tenant === asked.tenant) &&
  readers.some((reader) => reader === EVERYONE || asked.roles.includes(reader));
/** Undefined: nobody knows. */
function passes(filter: SoftFilter, { product, version, from, until }: Facts, asked: Asked): boolean | undefined {
  if (filter === 'product')
    return asked.product === undefined
      ? true
      : product && product === asked.product
        ? true
        : product
          ? false
          : undefined;
  if (filter === 'version') return asked.version === undefined ? true : version && within(version, asked.version);
  if (from !== undefined && from > asked.asOf) return false;
  if (typeof until === 'number' && until <= asked.asOf) return false;
  return from === undefined || until === undefined ? undefined : true;
}
const SOFT = ['product', 'version', 'validity'] as const;

/** Which of them may be found, and what had to be given up. */
export function wanted(
  all: Readonly<Record<string, Facts>>,
  asked: Asked,
  { whenMissing, relax }: ScopedSearchSettings,
) {
  const inForce = SOFT.filter((name) => name === 'validity' || asked[name] !== undefined);
  const left = (given: readonly SoftFilter[]) =>
    Object.entries(all)
      .filter(([, facts]) => maySee(facts, asked))
      .filter(([, facts]) =>
        inForce.every((name) => given.includes(name) || (passes(name, facts, asked) ?? whenMissing[name] === 'keep')),
      )
      .map(([id]) => id);
  const order = relax.filter((name) => inForce.includes(name));
  for (let n = 0; n <= order.length; n++) {
    const ids = left(order.slice(0, n));
    if (ids.length > 0) return { ids, relaxed: order.slice(0, n) };
  }
  return { ids: [], relaxed: [] };
}

/** Anything that may be asked of anything. Small pools, so that bounds are met and names nearly agree. */
export function anyFacts(seed: number, id: string): Facts {
  const one = <T>(name: string, share: number, value: T): T | undefined =>
    roll(seed, `${id} has ${name}`) < share ? value : undefined;
  const facts = {
    tenant: one('tenant', 0.85, pick(seed, `${id} tenant`, ['acme', 'acme', EVERYONE, 'acme-eu', 'Acme'])),
    readers: one(
      'readers',
      0.85,
      pick(seed, `${id} readers`, [[EVERYONE], ['support'], ['admin'], ['admin', 'support'], []]),
    ),
    product: one('product', 0.8, pick(seed, `${id} product`, ['desk', 'desk', 'desk-pro'])),
    version: one('version', 0.8, anyVersion(seed, id)),
    from: one('from', 0.85, between(seed, `${id} from`, -2, 4)),
    until: one('until', 0.85, pick(seed, `${id} until`, [null, null, between(seed, `${id} ends`, 4, 9)])),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Facts;
}
const anyVersion = (seed: number, name: string): Version => [
  pick(seed, `${name} major`, [1, 4, 4, 10]),
  pick(seed, `${name} minor`, [0, 2, 2, 20]),
  pick(seed, `${name} patch`, [0, 1, 9, 10]),
];
export function anyAsked(seed: number, name: string): Asked {
  const [low, high] = [anyVersion(seed, `${name} low`), anyVersion(seed, `${name} high`)].sort(
    (a, b) => rank(a) - rank(b),
  );
  const flag = (of: string) => roll(seed, `${name} ${of}`) < 0.5;
  const bounds = { low: low as Version, high: high as Version, lowIn: flag('low'), highIn: flag('high') };
  const starts = { starts: anyVersion(seed, name).slice(0, between(seed, `${name} parts`, 1, 3)) };
  return {
    tenant: pick(seed, `${name} tenant`, ['acme', 'acme', 'globex']),
    roles: pick(seed, `${name} roles`, [['support'], ['support'], ['admin', 'support'], []]),
    ...(flag('product') && { product: pick(seed, `${name} product`, ['desk', 'desk-pro', 'other']) }),
    ...(roll(seed, `${name} version`) < 0.7 && { version: flag('kind') ? bounds : starts }),
    asOf: between(seed, `${name} as of`, 0, 6) + pick(seed, `${name} hour`, [0, 0, 0.25]),
  };
}
export function anySettings(seed: number, name: string): ScopedSearchSettings {
  const choice = (of: string) => pick(seed, `${name} ${of}`, ['keep', 'drop'] as const);
  return {
    whenMissing: { product: choice('product'), version: choice('version'), validity: choice('validity') },
    relax: shuffled(seed, `${name} relax`, SOFT).slice(0, between(seed, `${name} most`, 0, 3)),
  };
}
