// Version ranges by the semver package; each filter a list of predicates, relaxed by recursion.
import semver from 'semver';
import { EVERYONE, type Metadata, type Passage } from '#answerdesk/knowledge.ts';
import type { CreateScopedSearch, Scope, SoftFilter } from '#answerdesk/seams/metadata-filter.ts';

const invalid = (what: string) => Object.assign(new Error(`can't be read: ${what}`), { code: 'INVALID_SCOPE' });

type Missing = 'keep' | 'drop';
const soft: Record<SoftFilter, (scope: Scope, missing: Missing) => ((metadata: Metadata) => boolean) | undefined> = {
  product: ({ product }, missing) =>
    product === undefined
      ? undefined
      : (metadata) => (metadata.product ? metadata.product === product : missing === 'keep'),
  version({ version }, missing) {
    if (version === undefined) return undefined;
    // An empty range is any range to semver.
    if (semver.validRange(version) === null || version.trim() === '') throw invalid(version);
    const range = new semver.Range(version);
    return ({ version: of }) => (semver.valid(of) ? range.test(of as string) : missing === 'keep');
  },
  validity({ asOf }, missing) {
    const now = new Date(asOf).getTime();
    if (Number.isNaN(now)) throw invalid(asOf);
    return ({ validFrom, validUntil }) => {
      const from = new Date(validFrom ?? Number.NaN).getTime();
      const until = validUntil === null ? Number.MAX_VALUE : new Date(validUntil ?? Number.NaN).getTime();
      if (from > now || until <= now) return false;
      return from <= now && until > now ? true : missing === 'keep';
    };
  },
};

export const createScopedSearch: CreateScopedSearch = ({ passages, search, emit }, { whenMissing, relax }) => {
  const visibleTo = ({ tenant, roles }: Scope) =>
    passages.filter(({ metadata }) => {
      const owner = metadata.tenant;
      const open = metadata.readers?.includes(EVERYONE) || metadata.readers?.some((role) => roles.includes(role));
      return owner !== undefined && [EVERYONE, tenant].includes(owner) && open === true;
    });

  return async (question, k, scope) => {
    const predicates = new Map<SoftFilter, (metadata: Metadata) => boolean>();
    for (const name of ['product', 'version', 'validity'] as const) {
      const predicate = soft[name](scope, whenMissing[name]);
      if (predicate) predicates.set(name, predicate);
    }
    const visible = visibleTo(scope);
    const narrow = (
      given: readonly SoftFilter[],
      offers: readonly SoftFilter[],
    ): [readonly Passage[], readonly SoftFilter[]] => {
      const left = visible.filter(({ metadata }) =>
        [...predicates].every(([name, holds]) => given.includes(name) || holds(metadata)),
      );
      const [next, ...rest] = offers;
      if (left.length > 0) return [left, given];
      return next === undefined ? [[], []] : narrow([...given, next], rest);
    };
    const [left, relaxed] = narrow(
      [],
      relax.filter((name) => predicates.has(name)),
    );
    for (const filter of relaxed) emit({ type: 'FilterRelaxed', data: { filter } });
    const hits = await search(question, k, new Set(left.map(({ id }) => id)));
    return { hits, relaxed };
  };
};
