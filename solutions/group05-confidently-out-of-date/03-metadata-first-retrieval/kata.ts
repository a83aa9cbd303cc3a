import { EVERYONE, type Metadata } from '#answerdesk/knowledge.ts';
import type { CreateScopedSearch, Scope, SoftFilter } from '#answerdesk/seams/metadata-filter.ts';

class InvalidScope extends Error {
  readonly code = 'INVALID_SCOPE';
}

/** Whether a passage passes; undefined: it doesn't say. */
type Verdict = boolean | undefined;
type Test = (metadata: Metadata) => Verdict;
type Version = readonly number[];

const versionOf = (text: string | undefined): Version | undefined => {
  const numbers = /^(\d+)\.(\d+)\.(\d+)$/.exec(text ?? '')?.slice(1);
  return numbers?.map(Number);
};
/** Below zero where `a` is the lower one. */
function compare(a: Version, b: Version): number {
  const n = a.findIndex((number, at) => number !== b[at]);
  return n < 0 ? 0 : (a[n] as number) - (b[n] as number);
}

const COMPARISONS: Record<string, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '=': (order) => order === 0,
};

function rangeOf(text: string): (version: Version) => boolean {
  if (/^\d+(\.\d+){0,2}$/.test(text)) {
    const start = text.split('.').map(Number);
    return (version) => start.every((number, n) => number === version[n]);
  }
  const bounds = text.split(/\s+/).map((part) => {
    const [, sign = '', bound] = /^([<>]=?|=)(.+)$/.exec(part) ?? [];
    const [holds, version] = [COMPARISONS[sign], versionOf(bound)];
    if (!holds || !version) throw new InvalidScope(`'${text}' is no range of versions`);
    return { holds, version };
  });
  return (version) => bounds.every((bound) => bound.holds(compare(version, bound.version)));
}

const momentOf = (text: string | undefined) => {
  const moment = Date.parse(text ?? '');
  return Number.isNaN(moment) ? undefined : moment;
};

/** A known bound that excludes is enough, whatever the other one is. */
function holdsAt(asOf: number, { validFrom, validUntil }: Metadata): Verdict {
  const from = momentOf(validFrom);
  const until = validUntil === null ? Infinity : momentOf(validUntil);
  if ((from ?? -Infinity) > asOf || (until ?? Infinity) <= asOf) return false;
  return from === undefined || until === undefined ? undefined : true;
}

const isMine = ({ tenant }: Metadata, scope: Scope) => tenant === EVERYONE || tenant === scope.tenant;
const mayRead = ({ readers = [] }: Metadata, { roles }: Scope) =>
  readers.some((reader) => reader === EVERYONE || roles.includes(reader));

/** The soft filters that this scope sets. */
function softFilters({ product, version, asOf }: Scope): Map<SoftFilter, Test> {
  const moment = momentOf(asOf);
  if (moment === undefined) throw new InvalidScope(`'${asOf}' is no time`);
  const filters = new Map<SoftFilter, Test>([['validity', (metadata) => holdsAt(moment, metadata)]]);
  if (product !== undefined) {
    filters.set('product', ({ product: of }) => (of === undefined ? undefined : of === product));
  }
  if (version !== undefined) {
    const inRange = rangeOf(version);
    filters.set('version', (metadata) => {
      const known = versionOf(metadata.version);
      return known && inRange(known);
    });
  }
  return filters;
}

function remembered<In extends object>(test: (of: In) => boolean): (of: In) => boolean {
  const known = new Map<In, boolean>();
  return (of) => {
    const verdict = known.get(of) ?? test(of);
    known.set(of, verdict);
    return verdict;
  };
}

export const createScopedSearch: CreateScopedSearch =
  ({ passages, search, emit }, { whenMissing, relax }) =>
  async (question, k, scope) => {
    const filters = softFilters(scope);
    const visible = passages.filter(({ metadata }) => isMine(metadata, scope) && mayRead(metadata, scope));
    // Passages of one page have one metadata: it is looked at once.
    const passing = () => {
      const passes = remembered((metadata: Metadata) =>
        [...filters].every(([name, test]) => test(metadata) ?? whenMissing[name] === 'keep'),
      );
      return visible.filter(({ metadata }) => passes(metadata));
    };

    const relaxed: SoftFilter[] = [];
    let left = passing();
    for (const filter of relax) {
      if (left.length > 0 || !filters.delete(filter)) continue;
      relaxed.push(filter);
      left = passing();
    }
    if (left.length === 0) return { hits: [], relaxed: [] };
    for (const filter of relaxed) emit({ type: 'FilterRelaxed', data: { filter } });
    return { hits: await search(question, k, new Set(left.map(({ id }) => id))), relaxed };
  };
