import type {
  Collection,
  CreateKnowledgeBase,
  Doc,
  KnowledgeBase,
  KnowledgeBasePolicy,
  KnowledgeBasePorts,
} from '#answerdesk/seams/knowledge-base.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

/** What is deleted moves to tables of its own. The tables that are read hold what is there and nothing else. */
export const schema = `
  CREATE TABLE collections (id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, UNIQUE (tenant, name));
  CREATE TABLE documents (
    id text PRIMARY KEY, collection text NOT NULL REFERENCES collections ON DELETE CASCADE, title text, text text
  );
  CREATE TABLE deleted_collections (
    id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, deleted_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE deleted_documents (
    id text PRIMARY KEY, collection text NOT NULL, title text, text text,
    with_collection boolean NOT NULL, deleted_at timestamptz NOT NULL DEFAULT now()
  );`;

class Refused extends Error {
  readonly code: 'NAME_TAKEN' | 'NOT_FOUND' | 'TOO_LATE';
  constructor(code: Refused['code']) {
    super(code);
    this.code = code;
  }
}
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
/** Runs it; the error of the database becomes ours. */
async function or<T>(refusal: Refused['code'], sqlState: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw (error as { code?: string }).code === sqlState ? new Refused(refusal) : error;
  }
}

class ArchivingKnowledgeBase implements KnowledgeBase {
  readonly #ports: KnowledgeBasePorts;
  readonly #retention: string;

  constructor(ports: KnowledgeBasePorts, { retentionMs }: KnowledgeBasePolicy) {
    this.#ports = ports;
    this.#retention = `now() - interval '${retentionMs / 1000} s'`;
  }

  async #rows<Row>(text: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.#ports.sql.query<Row>(text, values)).rows;
  }
  #told(type: Parameters<KnowledgeBasePorts['emit']>[0]['type'], id: string): void {
    this.#ports.emit({ type, data: { id } });
  }

  async addCollection({ id, tenant, name }: Collection) {
    await or(
      'NAME_TAKEN',
      UNIQUE_VIOLATION,
      this.#rows('INSERT INTO collections VALUES ($1, $2, $3)', id, tenant, name),
    );
  }
  async addDocument({ id, collection, title, text }: Doc) {
    const added = this.#rows('INSERT INTO documents VALUES ($1, $2, $3, $4)', id, collection, title, text);
    await or('NOT_FOUND', FOREIGN_KEY_VIOLATION, added);
  }
  collections(tenant: string) {
    return this.#rows<Collection>('SELECT * FROM collections WHERE tenant = $1 ORDER BY name', tenant);
  }
  documents(collection: string) {
    return this.#rows<Doc>('SELECT * FROM documents WHERE collection = $1 ORDER BY id', collection);
  }
  async document(id: string) {
    const [doc] = await this.#rows<Doc>('SELECT * FROM documents WHERE id = $1', id);
    return doc;
  }
  async count(tenant: string) {
    const [counted] = await this.#rows<{ collections: number; documents: number }>(
      `SELECT count(DISTINCT c.id)::int AS collections, count(d.id)::int AS documents
         FROM collections c LEFT JOIN documents d ON d.collection = c.id WHERE c.tenant = $1`,
      tenant,
    );
    return counted ?? { collections: 0, documents: 0 };
  }
  search(tenant: string, words: string) {
    return this.#rows<Doc>(
      `SELECT d.* FROM documents d JOIN collections c ON c.id = d.collection
        WHERE c.tenant = $1 AND to_tsvector('simple', d.text) @@ plainto_tsquery('simple', $2) ORDER BY d.id`,
      tenant,
      words,
    );
  }

  async deleteCollection(id: string) {
    const deleted = await this.#ports.sql.transaction(async (session) => {
      // Who adds a document now holds the collection as well: either it goes with it, or it comes too late.
      const locked = await session.query('SELECT 1 FROM collections WHERE id = $1 FOR UPDATE', [id]);
      if (locked.rowCount === 0) return false;
      await session.query(
        `WITH gone AS (DELETE FROM documents WHERE collection = $1 RETURNING *)
         INSERT INTO deleted_documents SELECT id, collection, title, text, true FROM gone`,
        [id],
      );
      await session.query(
        `WITH gone AS (DELETE FROM collections WHERE id = $1 RETURNING *)
         INSERT INTO deleted_collections SELECT id, tenant, name FROM gone`,
        [id],
      );
      return true;
    });
    if (deleted) this.#told('CollectionDeleted', id);
  }
  async deleteDocument(id: string) {
    const deleted = await this.#rows(
      `WITH gone AS (DELETE FROM documents WHERE id = $1 RETURNING *)
       INSERT INTO deleted_documents SELECT id, collection, title, text, false FROM gone RETURNING id`,
      id,
    );
    if (deleted.length > 0) this.#told('DocumentDeleted', id);
  }

  async restoreCollection(id: string) {
    const restoring = this.#ports.sql.transaction(async (session) => {
      const { rows } = await session.query<{ late: boolean }>(
        `SELECT deleted_at < ${this.#retention} AS late FROM deleted_collections WHERE id = $1 FOR UPDATE`,
        [id],
      );
      if (!rows[0]) return this.#isThere(session, 'collections', id);
      if (rows[0].late) throw new Refused('TOO_LATE');
      await session.query(
        `WITH back AS (DELETE FROM deleted_collections WHERE id = $1 RETURNING *)
         INSERT INTO collections SELECT id, tenant, name FROM back`,
        [id],
      );
      await session.query(
        `WITH back AS (DELETE FROM deleted_documents WHERE collection = $1 AND with_collection RETURNING *)
         INSERT INTO documents SELECT id, collection, title, text FROM back`,
        [id],
      );
      return true;
    });
    if (await or('NAME_TAKEN', UNIQUE_VIOLATION, restoring)) this.#told('CollectionRestored', id);
  }
  async restoreDocument(id: string) {
    const restoring = this.#ports.sql.transaction(async (session) => {
      const { rows } = await session.query<{ late: boolean; there: boolean }>(
        `SELECT deleted_at < ${this.#retention} AS late, EXISTS (SELECT 1 FROM collections c WHERE c.id = d.collection) AS there
           FROM deleted_documents d WHERE id = $1 FOR UPDATE`,
        [id],
      );
      if (!rows[0]) return this.#isThere(session, 'documents', id);
      if (!rows[0].there) throw new Refused('NOT_FOUND');
      if (rows[0].late) throw new Refused('TOO_LATE');
      await session.query(
        `WITH back AS (DELETE FROM deleted_documents WHERE id = $1 RETURNING *)
         INSERT INTO documents SELECT id, collection, title, text FROM back`,
        [id],
      );
      return true;
    });
    if (await or('NOT_FOUND', FOREIGN_KEY_VIOLATION, restoring)) this.#told('DocumentRestored', id);
  }
  /** False, as nothing had to be done; refused where it isn't there either. */
  async #isThere(session: SqlSession, table: string, id: string): Promise<false> {
    const { rowCount } = await session.query(`SELECT 1 FROM ${table} WHERE id = $1`, [id]);
    if (rowCount === 0) throw new Refused('NOT_FOUND');
    return false;
  }

  async purge() {
    const ids = await this.#ports.sql.transaction(async (session) => {
      const some = async (text: string, ...values: unknown[]) =>
        (await session.query<{ id: string }>(text, values)).rows.map(({ id }) => id);
      const old = `deleted_at < ${this.#retention}`;
      const collections = await some(`SELECT id FROM deleted_collections WHERE ${old} FOR UPDATE`);
      const documents = await some(
        `DELETE FROM deleted_documents WHERE collection = ANY ($1) OR (${old} AND NOT with_collection) RETURNING id`,
        collections,
      );
      await some('DELETE FROM deleted_collections WHERE id = ANY ($1)', collections);
      return [...collections, ...documents];
    });
    if (ids.length > 0) this.#ports.emit({ type: 'Purged', data: { ids } });
  }
  async erase(tenant: string) {
    await this.#ports.sql.transaction(async (session) => {
      await session.query('SELECT 1 FROM collections WHERE tenant = $1 FOR UPDATE', [tenant]);
      await session.query(
        `DELETE FROM deleted_documents WHERE collection IN
           (SELECT id FROM collections WHERE tenant = $1 UNION SELECT id FROM deleted_collections WHERE tenant = $1)`,
        [tenant],
      );
      await session.query('DELETE FROM deleted_collections WHERE tenant = $1', [tenant]);
      await session.query('DELETE FROM collections WHERE tenant = $1', [tenant]);
    });
    this.#ports.emit({ type: 'Erased', data: { tenant } });
  }
}
export const createKnowledgeBase: CreateKnowledgeBase = (ports, policy) => new ArchivingKnowledgeBase(ports, policy);
