// A class that reads all metadata once, keeps passages by tenant, and counts down the filters that may be given up.
import { EVERYONE, type Hit, type Passage } from '#answerdesk/knowledge.ts';
import type {
  CreateScopedSearch,
  Scope,
  ScopedHits,
  ScopedSearchPorts,
  ScopedSearchSettings,
  SoftFilter,
} from '#answerdesk/seams/metadata-filter.ts';

interface Entry {
  id: string;
  readers: ReadonlySet<string>;
  product: string | undefined;
  /** Padded, so that text is compared as numbers are. */
  version: string | undefined;
  from: number;
  until: number;
}
type Answer = 'yes' | 'no' | 'unknown';

const refuse = (why: string): never => {
  throw Object.assign(new RangeError(why), { code: 'INVALID_SCOPE' });
};
const padded = (version: string) =>
  version
    .split('.')
    .map((number) => number.padStart(12, '0'))
    .join('.');
const WHOLE = /^\d+\.\d+\.\d+$/;

class ScopedSearch {
  readonly #ports: ScopedSearchPorts;
  readonly #settings: ScopedSearchSettings;
  readonly #byTenant = new Map<string, Entry[]>();

  constructor(ports: ScopedSearchPorts, settings: ScopedSearchSettings) {
    this.#ports = ports;
    this.#settings = settings;
    for (const passage of ports.passages) {
      const { tenant } = passage.metadata;
      if (!tenant) continue;
      this.#byTenant.set(tenant, [...(this.#byTenant.get(tenant) ?? []), this.#read(passage)]);
    }
  }

  #read({ id, metadata: { readers, product, version, validFrom, validUntil } }: Passage): Entry {
    return {
      id,
      readers: new Set(readers),
      product,
      version: version !== undefined && WHOLE.test(version) ? padded(version) : undefined,
      from: validFrom === undefined ? Number.NaN : Date.parse(validFrom),
      until: validUntil === null ? Infinity : Date.parse(validUntil ?? '?'),
    };
  }

  async find(question: string, k: number, scope: Scope): Promise<ScopedHits> {
    const judges = this.#judges(scope);
    const readers = [EVERYONE, ...scope.roles];
    const mine = [...new Set([EVERYONE, scope.tenant])]
      .flatMap((tenant) => this.#byTenant.get(tenant) ?? [])
      .filter((entry) => readers.some((reader) => entry.readers.has(reader)));
    const offers = this.#settings.relax.filter((filter) => judges.has(filter));
    for (let given = 0; given <= offers.length; given++) {
      const relaxed = offers.slice(0, given);
      const among = new Set(mine.filter((entry) => this.#passes(entry, judges, relaxed)).map(({ id }) => id));
      if (among.size === 0) continue;
      relaxed.map((filter) => this.#ports.emit({ type: 'FilterRelaxed', data: { filter } }));
      const hits: readonly Hit[] = await this.#ports.search(question, k, among);
      return Object.freeze({ hits, relaxed });
    }
    return Object.freeze({ hits: [], relaxed: [] });
  }

  #passes(entry: Entry, judges: ReadonlyMap<SoftFilter, (entry: Entry) => Answer>, relaxed: readonly SoftFilter[]) {
    for (const [filter, judge] of judges) {
      if (relaxed.includes(filter)) continue;
      const answer = judge(entry);
      if (answer === 'no' || (answer === 'unknown' && this.#settings.whenMissing[filter] === 'drop')) return false;
    }
    return true;
  }

  #judges({ product, version, asOf }: Scope) {
    const judges = new Map<SoftFilter, (entry: Entry) => Answer>();
    const now = Date.parse(asOf);
    if (Number.isNaN(now)) refuse(`no moment: ${asOf}`);
    const said = (holds: boolean): Answer => (holds ? 'yes' : 'no');
    if (product !== undefined) {
      judges.set('product', (entry) => (entry.product === undefined ? 'unknown' : said(entry.product === product)));
    }
    if (version !== undefined) {
      const inRange = this.#range(version);
      judges.set('version', (entry) => (entry.version === undefined ? 'unknown' : said(inRange(entry.version))));
    }
    judges.set('validity', ({ from, until }) => {
      if (from > now || until <= now) return 'no';
      return Number.isNaN(from) || Number.isNaN(until) ? 'unknown' : 'yes';
    });
    return judges;
  }

  #range(range: string): (version: string) => boolean {
    if (/^\d+(\.\d+)?(\.\d+)?$/.test(range)) {
      const start = padded(range);
      return (version) => version === start || version.startsWith(`${start}.`);
    }
    const tests = range.split(' ').map((part) => {
      const [, operator, bound = ''] = /^(>=|<=|>|<|=)(\d+\.\d+\.\d+)$/.exec(part) ?? refuse(`no range: ${range}`);
      const limit = padded(bound);
      return (version: string) =>
        (operator?.includes('=') && version === limit) ||
        (operator?.startsWith('>') && version > limit) ||
        (operator?.startsWith('<') && version < limit);
    });
    return (version) => tests.every((test) => test(version));
  }
}

export const createScopedSearch: CreateScopedSearch = (ports, settings) => {
  const scoped = new ScopedSearch(ports, settings);
  return (question, k, scope) => scoped.find(question, k, scope);
};
