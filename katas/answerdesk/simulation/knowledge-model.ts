import type { Collection, Doc, KnowledgeBase } from '#answerdesk/seams/knowledge-base.ts';

export type RefusalCode = 'NAME_TAKEN' | 'NOT_FOUND' | 'TOO_LATE';
/** What can be asked for, as data. */
export type KnowledgeAct =
  | { do: 'addCollection'; collection: Collection }
  | { do: 'addDocument'; doc: Doc }
  | { do: 'deleteCollection' | 'deleteDocument' | 'restoreCollection' | 'restoreDocument'; id: string }
  | { do: 'purge' }
  | { do: 'erase'; tenant: string };

/** What an act must come to. An id that was purged may be said to be unknown or too late. */
export interface Outcome {
  refused?: RefusalCode;
  /** Ids that were removed for good. */
  gone: string[];
  /** The event that it must be told by, where something changed. */
  told?: { type: string; id: string };
}

interface Kept {
  /** ms since the epoch. */
  deletedAt?: number;
}

/** A knowledge base as it must be, in memory. Times in ms since the epoch. */
export class KnowledgeModel {
  readonly #retentionMs: number;
  readonly #collections = new Map<string, Collection & Kept>();
  readonly #docs = new Map<string, Doc & Kept>();

  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs;
  }

  act(act: KnowledgeAct, now: number): Outcome {
    switch (act.do) {
      case 'addCollection':
        if (this.#taken(act.collection)) return { gone: [], refused: 'NAME_TAKEN' };
        this.#collections.set(act.collection.id, { ...act.collection });
        return { gone: [] };
      case 'addDocument':
        if (!this.#live(act.doc.collection)) return { gone: [], refused: 'NOT_FOUND' };
        this.#docs.set(act.doc.id, { ...act.doc });
        return { gone: [] };
      case 'deleteCollection':
        return this.#delete(this.#live(act.id), now, 'CollectionDeleted');
      case 'deleteDocument':
        return this.#delete(this.#shown(act.id), now, 'DocumentDeleted');
      case 'restoreCollection':
        return this.#restore(this.#collections.get(act.id), now, 'CollectionRestored');
      case 'restoreDocument': {
        const doc = this.#docs.get(act.id);
        return this.#restore(doc && this.#live(doc.collection) ? doc : undefined, now, 'DocumentRestored');
      }
      case 'purge':
        return { gone: this.#remove(({ deletedAt = Infinity }) => deletedAt < now - this.#retentionMs) };
      case 'erase':
        return { gone: this.#remove(({ tenant }) => tenant === act.tenant) };
    }
  }

  collections(tenant: string): Collection[] {
    return [...this.#collections.values()]
      .filter((one) => one.tenant === tenant && one.deletedAt === undefined)
      .map(({ id, name }) => ({ id, tenant, name }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  documents(collection: string): Doc[] {
    return this.ids()
      .docs.map((id) => this.document(id))
      .filter((doc): doc is Doc => doc?.collection === collection);
  }
  document(id: string): Doc | undefined {
    const doc = this.#shown(id);
    return doc && { id, collection: doc.collection, title: doc.title, text: doc.text };
  }
  /** All that are there, deleted or not, sorted. */
  ids(): { collections: string[]; docs: string[] } {
    return { collections: [...this.#collections.keys()].sort(), docs: [...this.#docs.keys()].sort() };
  }

  #live(id: string): (Collection & Kept) | undefined {
    const collection = this.#collections.get(id);
    return collection?.deletedAt === undefined ? collection : undefined;
  }
  #shown(id: string): (Doc & Kept) | undefined {
    const doc = this.#docs.get(id);
    return doc && doc.deletedAt === undefined && this.#live(doc.collection) ? doc : undefined;
  }
  #taken({ id, tenant, name }: Collection): boolean {
    return this.collections(tenant).some((other) => other.name === name && other.id !== id);
  }
  #delete(one: ((Collection | Doc) & Kept) | undefined, now: number, type: string): Outcome {
    if (!one) return { gone: [] };
    one.deletedAt = now;
    return { gone: [], told: { type, id: one.id } };
  }
  #restore(one: ((Collection | Doc) & Kept) | undefined, now: number, type: string): Outcome {
    if (!one) return { gone: [], refused: 'NOT_FOUND' };
    if (one.deletedAt === undefined) return { gone: [] };
    if (one.deletedAt < now - this.#retentionMs) return { gone: [], refused: 'TOO_LATE' };
    if ('name' in one && this.#taken(one)) return { gone: [], refused: 'NAME_TAKEN' };
    delete one.deletedAt;
    return { gone: [], told: { type, id: one.id } };
  }
  /** Documents go with their collection, and on their own where the test fits them. */
  #remove(goes: (one: { tenant?: string; deletedAt?: number }) => boolean): string[] {
    const collections = [...this.#collections.values()].filter(goes).map(({ id }) => id);
    const docs = [...this.#docs.values()]
      .filter((doc) => collections.includes(doc.collection) || goes(doc))
      .map(({ id }) => id);
    for (const id of collections) this.#collections.delete(id);
    for (const id of docs) this.#docs.delete(id);
    return [...collections, ...docs].sort();
  }
}

/** Asks for it. */
export function perform(base: KnowledgeBase, act: KnowledgeAct): Promise<void> {
  switch (act.do) {
    case 'addCollection':
      return base.addCollection({ ...act.collection });
    case 'addDocument':
      return base.addDocument({ ...act.doc });
    case 'purge':
      return base.purge();
    case 'erase':
      return base.erase(act.tenant);
    default:
      return base[act.do](act.id);
  }
}

/** What to look at. */
export interface Look {
  tenants: readonly string[];
  collections: readonly string[];
  docs: readonly string[];
  /** A word that stands in every document's text. */
  word: string;
}
/** Where a knowledge base shows something else than the model: `count of acme: 3 documents instead of 2`. */
export async function wrongReads(base: KnowledgeBase, model: KnowledgeModel, look: Look): Promise<string[]> {
  const wrong: string[] = [];
  const ids = (docs: readonly { id: string }[]) => docs.map(({ id }) => id).join(', ') || 'nothing';
  const compare = (what: string, is: readonly { id: string }[], should: readonly { id: string }[]) => {
    if (!alike(is, should)) wrong.push(`${what} shows ${ids(is)} instead of ${ids(should)}`);
  };
  for (const tenant of look.tenants) {
    const collections = model.collections(tenant);
    const docs = collections.flatMap(({ id }) => model.documents(id)).sort((a, b) => (a.id < b.id ? -1 : 1));
    compare(`the list of ${tenant}`, await base.collections(tenant), collections);
    compare(`the search of ${tenant}`, await base.search(tenant, look.word), docs);
    const counted = await base.count(tenant);
    if (Number(counted.collections) !== collections.length || Number(counted.documents) !== docs.length)
      wrong.push(
        `the count of ${tenant} is ${counted.collections} collections and ${counted.documents} documents instead of ${collections.length} and ${docs.length}`,
      );
  }
  for (const id of look.collections) compare(`collection ${id}`, await base.documents(id), model.documents(id));
  for (const id of look.docs) {
    const [is, should] = [await base.document(id), model.document(id)];
    compare(`document ${id}`, is ? [is] : [], should ? [should] : []);
  }
  return wrong;
}

/** The same things with the same contents; a database may show columns of its own beside them. */
function alike(is: readonly object[], should: readonly object[]): boolean {
  return (
    is.length === should.length &&
    should.every((one, n) =>
      Object.entries(one).every(([key, value]) => (is[n] as Record<string, unknown>)[key] === value),
    )
  );
}
