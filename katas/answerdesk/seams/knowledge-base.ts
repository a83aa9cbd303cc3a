import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

export interface Collection {
  id: string;
  tenant: string;
  /** Unique among the tenant's collections that aren't deleted. */
  name: string;
}

export interface Doc {
  id: string;
  collection: string;
  title: string;
  text: string;
}

/** Each says once what was done, after it was done. Documents that go or come with their collection aren't announced. */
export interface KnowledgeBaseEvent {
  type: 'CollectionDeleted' | 'CollectionRestored' | 'DocumentDeleted' | 'DocumentRestored' | 'Purged' | 'Erased';
  /** `Purged` has the `ids` of all collections and documents that went, `Erased` the `tenant`, the others the `id`. */
  data: { id?: string; ids?: string[]; tenant?: string };
}

export interface KnowledgeBasePorts {
  /** Time is its `now()`. Nothing is kept outside: other processes work on the same tables. */
  sql: SqlPort;
  emit: Emit<KnowledgeBaseEvent>;
}

export interface KnowledgeBasePolicy {
  /** How long what was deleted can be restored, in ms. */
  retentionMs: number;
}

/**
 * What is refused rejects with a code: 'NAME_TAKEN', 'NOT_FOUND', 'TOO_LATE' (past the retention, purged or not). What is
 * deleted is in none of the reads. A document whose collection is deleted is deleted.
 */
export interface KnowledgeBase {
  /** NAME_TAKEN. */
  addCollection: (collection: Collection) => Promise<void>;
  /** NOT_FOUND where there is no such collection, or it is deleted. */
  addDocument: (doc: Doc) => Promise<void>;
  /** By name. */
  collections: (tenant: string) => Promise<Collection[]>;
  /** By id. */
  documents: (collection: string) => Promise<Doc[]>;
  document: (id: string) => Promise<Doc | undefined>;
  count: (tenant: string) => Promise<{ collections: number; documents: number }>;
  /** The tenant's documents whose text has the words, by id. */
  search: (tenant: string, words: string) => Promise<Doc[]>;
  /** Deletes; twice is as once. */
  deleteCollection: (id: string) => Promise<void>;
  deleteDocument: (id: string) => Promise<void>;
  /** With the documents that went with it, and no others. NAME_TAKEN, NOT_FOUND, TOO_LATE. Twice is as once. */
  restoreCollection: (id: string) => Promise<void>;
  /** NOT_FOUND also where its collection is deleted; TOO_LATE. Twice is as once. */
  restoreDocument: (id: string) => Promise<void>;
  /** Removes for good what was deleted longer ago than the retention, and says so with `Purged`. */
  purge: () => Promise<void>;
  /** Removes all of a tenant for good, deleted or not, at once, and says so with `Erased`. */
  erase: (tenant: string) => Promise<void>;
}

/** Kata 3.9. `schema` is the DDL it works on, run once on an empty database. */
export type CreateKnowledgeBase = (ports: KnowledgeBasePorts, policy: KnowledgeBasePolicy) => KnowledgeBase;
