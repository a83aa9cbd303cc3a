import type { Emit, SeamEvent } from '../domain.ts';
import type { Hit, Passage, Search } from '../knowledge.ts';

/** Who asks, and what for. */
export interface Scope {
  tenant: string;
  roles: readonly string[];
  /** Absent: any. */
  product?: string;
  /**
   * A version or a range of them: `4` and `4.29` are all that begin so, number by number; `4.29.1`; comparisons with
   * whole versions (`>`, `>=`, `<`, `<=`, `=`), all of which hold: `>=4.0.0 <5.0.0`. Absent: any.
   */
  version?: string;
  /** The moment at which what is found has to hold, ISO 8601. A date alone is its midnight, UTC; so it is in metadata. */
  asOf: string;
}

export type SoftFilter = 'product' | 'version' | 'validity';

export interface ScopedSearchSettings {
  /**
   * What becomes of a passage that lacks what is filtered by, or has what can't be read (version `next`). What it does
   * have still counts. Tenant and readers have no such choice.
   */
  whenMissing: Readonly<Record<SoftFilter, 'keep' | 'drop'>>;
  /**
   * Filters that may be given up, where not one passage would be left: the first of them that is in force, then the next
   * as well, until one is left. In force are those that the scope sets; validity is always.
   */
  relax: readonly SoftFilter[];
}

export interface ScopedSearchPorts {
  passages: readonly Passage[];
  search: Search;
  /** `{ type: 'FilterRelaxed', data: { filter } }` for each that was given up, in that order. */
  emit: Emit<SeamEvent>;
}

export interface ScopedHits {
  hits: readonly Hit[];
  /** What was given up to find them; nothing where there are none all the same. */
  relaxed: readonly SoftFilter[];
}

/** Kata 5.3. Rejects with code 'INVALID_SCOPE' where `version` is no range and where `asOf` is no time. */
export type CreateScopedSearch = (
  ports: ScopedSearchPorts,
  settings: ScopedSearchSettings,
) => (question: string, k: number, scope: Scope) => Promise<ScopedHits>;
