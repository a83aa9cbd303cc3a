import type { Emit, SeamEvent } from '../domain.ts';
import type { Hit, Passage, Search } from '../knowledge.ts';

/** Who asks, and what for. */
export interface Scope {
  tenant: string;
  roles: readonly string[];
  /** Absent: any. */
  product?: string;
  /** A version or a range of them: `4`, `4.29`, `4.29.1`, `>=4.0.0 <5.0.0`. Absent: any. */
  version?: string;
  /** The moment at which what is found has to hold, ISO 8601. */
  asOf: string;
}

export type SoftFilter = 'product' | 'version' | 'validity';

export interface ScopedSearchSettings {
  /** What becomes of a passage that lacks what is filtered by. Tenant and readers have no such choice. */
  whenMissing: Readonly<Record<SoftFilter, 'keep' | 'drop'>>;
  /** Filters that may be given up, in this order, where nothing at all would be left. */
  relax: readonly SoftFilter[];
}

export interface ScopedSearchPorts {
  passages: readonly Passage[];
  search: Search;
  /** `{ type: 'FilterRelaxed', data: { filter } }` for each that was given up. */
  emit: Emit<SeamEvent>;
}

export interface ScopedHits {
  hits: readonly Hit[];
  /** What was given up to find them. */
  relaxed: readonly SoftFilter[];
}

/** Kata 5.3. */
export type CreateScopedSearch = (
  ports: ScopedSearchPorts,
  settings: ScopedSearchSettings,
) => (question: string, k: number, scope: Scope) => Promise<ScopedHits>;
