import type { Collection, CreateKnowledgeBase, Doc } from '#answerdesk/seams/knowledge-base.ts';
import type { SqlFailure } from '#answerdesk/sql-port.ts';

/**
 * A document carries a mark only when it was deleted on its own. One that went with its collection needs none: it comes
 * back with it, and cannot be told apart wrongly. Reads go through the views, so that no query can forget the marks.
 */
export const schema = `
  CREATE TABLE collections (
    id text PRIMARY KEY,
    tenant text NOT NULL,
    name text NOT NULL,
    deleted_at timestamptz
  );
  CREATE UNIQUE INDEX collections_live_name ON collections (tenant, name) WHERE deleted_at IS NULL;
  CREATE INDEX collections_deleted ON collections (deleted_at) WHERE deleted_at IS NOT NULL;
  CREATE TABLE documents (
    id text PRIMARY KEY,
    collection text NOT NULL REFERENCES collections ON DELETE CASCADE,
    title text NOT NULL,
    text text NOT NULL,
    deleted_at timestamptz
  );
  CREATE INDEX documents_collection ON documents (collection);
  CREATE INDEX documents_deleted ON documents (deleted_at) WHERE deleted_at IS NOT NULL;
  CREATE VIEW live_collections AS SELECT id, tenant, name FROM collections WHERE deleted_at IS NULL;
  CREATE VIEW live_documents AS
    SELECT d.id, d.collection, d.title, d.text, c.tenant
      FROM documents d JOIN live_collections c ON c.id = d.collection
     WHERE d.deleted_at IS NULL;`;

const DOC = 'id, collection, title, text';

const refusal = (code: string, message: string) => Object.assign(new Error(message), { code });
const nameTaken = (error: SqlFailure) => {
  if (error.constraint === 'collections_live_name') throw refusal('NAME_TAKEN', 'a collection of this name is there');
  throw error;
};

export const createKnowledgeBase: CreateKnowledgeBase = ({ sql, emit }, { retentionMs }) => {
  const rows = async <Row>(text: string, ...values: unknown[]) => (await sql.query<Row>(text, values)).rows;
  const changes = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rowCount > 0;

  /** Why nothing was restored; nothing to say where it had been already. */
  async function whyNot(id: string, table: 'collections' | 'documents'): Promise<void> {
    const [found] = await rows<{ deleted: boolean }>(
      `SELECT deleted_at IS NOT NULL AS deleted FROM ${table} WHERE id = $1`,
      id,
    );
    if (!found) throw refusal('NOT_FOUND', `there is no ${id}`);
    if (found.deleted) throw refusal('TOO_LATE', `${id} was deleted more than ${retentionMs} ms ago`);
  }

  return {
    async addCollection({ id, tenant, name }) {
      await changes('INSERT INTO collections (id, tenant, name) VALUES ($1, $2, $3)', id, tenant, name).catch(
        nameTaken,
      );
    },
    async addDocument({ id, collection, title, text }) {
      const added = await changes(
        `INSERT INTO documents (${DOC}) SELECT $1, id, $3, $4 FROM live_collections WHERE id = $2`,
        id,
        collection,
        title,
        text,
      ).catch((error: SqlFailure) => {
        if (error.code === '23503') return false; // it was purged while we looked
        throw error;
      });
      if (!added) throw refusal('NOT_FOUND', `there is no ${collection}`);
    },

    collections: (tenant) => rows<Collection>('SELECT * FROM live_collections WHERE tenant = $1 ORDER BY name', tenant),
    documents: (id) => rows<Doc>(`SELECT ${DOC} FROM live_documents WHERE collection = $1 ORDER BY id`, id),
    document: async (id) => (await rows<Doc>(`SELECT ${DOC} FROM live_documents WHERE id = $1`, id))[0],
    async count(tenant) {
      const [counts] = await rows<{ collections: string; documents: string }>(
        `SELECT (SELECT count(*) FROM live_collections WHERE tenant = $1) AS collections,
                (SELECT count(*) FROM live_documents WHERE tenant = $1) AS documents`,
        tenant,
      );
      return { collections: Number(counts?.collections), documents: Number(counts?.documents) };
    },
    search: (tenant, words) =>
      rows<Doc>(
        `SELECT ${DOC} FROM live_documents WHERE tenant = $1 AND strpos(lower(text), lower($2)) > 0 ORDER BY id`,
        tenant,
        words,
      ),

    async deleteCollection(id) {
      const deleted = await changes(
        'UPDATE collections SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL',
        id,
      );
      if (deleted) emit({ type: 'CollectionDeleted', data: { id } });
    },
    async deleteDocument(id) {
      const deleted = await changes(
        `UPDATE documents SET deleted_at = now()
          WHERE deleted_at IS NULL AND id IN (SELECT id FROM live_documents WHERE id = $1)`,
        id,
      );
      if (deleted) emit({ type: 'DocumentDeleted', data: { id } });
    },
    async restoreCollection(id) {
      const restored = await changes(
        `UPDATE collections SET deleted_at = NULL WHERE id = $1 AND deleted_at >= now() - $2 * interval '1 ms'`,
        id,
        retentionMs,
      ).catch(nameTaken);
      if (restored) emit({ type: 'CollectionRestored', data: { id } });
      else await whyNot(id, 'collections');
    },
    async restoreDocument(id) {
      const restored = await changes(
        `UPDATE documents SET deleted_at = NULL
          WHERE id = $1 AND deleted_at >= now() - $2 * interval '1 ms'
            AND collection IN (SELECT id FROM live_collections)`,
        id,
        retentionMs,
      );
      if (restored) return emit({ type: 'DocumentRestored', data: { id } });
      const [at] = await rows(
        `SELECT 1 FROM documents WHERE id = $1 AND collection IN (SELECT id FROM live_collections)`,
        id,
      );
      if (!at) throw refusal('NOT_FOUND', `there is no ${id}, or its collection is deleted`);
      await whyNot(id, 'documents');
    },

    async purge() {
      const ids = await sql.transaction(async (session) => {
        const gone = async (text: string, value: unknown) =>
          (await session.query<{ id: string }>(text, [value])).rows.map(({ id }) => id);
        const old = `deleted_at < now() - $1 * interval '1 ms'`;
        // Locked first: what is being restored at this moment is looked at again, and its documents stay.
        const expired = await gone(`SELECT id FROM collections WHERE ${old} FOR UPDATE`, retentionMs);
        return [
          ...(await gone('DELETE FROM documents WHERE collection = ANY ($1) RETURNING id', expired)),
          ...(await gone(`DELETE FROM documents WHERE ${old} RETURNING id`, retentionMs)),
          ...(await gone('DELETE FROM collections WHERE id = ANY ($1) RETURNING id', expired)),
        ];
      });
      if (ids.length > 0) emit({ type: 'Purged', data: { ids } });
    },
    async erase(tenant) {
      await sql.query('DELETE FROM collections WHERE tenant = $1', [tenant]);
      emit({ type: 'Erased', data: { tenant } });
    },
  };
};
