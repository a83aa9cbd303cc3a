import type { Collection, CreateKnowledgeBase, Doc } from '#answerdesk/seams/knowledge-base.ts';

export const schema = `
  CREATE TABLE collections (id text PRIMARY KEY, tenant text, name text, UNIQUE (tenant, name));
  CREATE TABLE documents (
    id text PRIMARY KEY, collection text REFERENCES collections ON DELETE CASCADE, title text, text text
  );
  CREATE TABLE bin (id text PRIMARY KEY, doc jsonb, deleted_at timestamptz DEFAULT now());`;

const refused = (code: string) => Object.assign(new Error(code), { code });
const codes: Record<string, string> = { '23505': 'NAME_TAKEN', '23503': 'NOT_FOUND' };
const asRefusal = (error: { code?: string }) => {
  throw refused(codes[error.code ?? ''] ?? String(error.code));
};

export const createKnowledgeBase: CreateKnowledgeBase = ({ sql, emit }, { retentionMs }) => ({
  async addCollection({ id, tenant, name }) {
    await sql.query('INSERT INTO collections VALUES ($1, $2, $3)', [id, tenant, name]).catch(asRefusal);
  },
  async addDocument({ id, collection, title, text }) {
    await sql.query('INSERT INTO documents VALUES ($1, $2, $3, $4)', [id, collection, title, text]).catch(asRefusal);
  },
  async collections(tenant) {
    return (await sql.query<Collection>('SELECT * FROM collections WHERE tenant = $1 ORDER BY name', [tenant])).rows;
  },
  async documents(collection) {
    return (await sql.query<Doc>('SELECT * FROM documents WHERE collection = $1 ORDER BY id', [collection])).rows;
  },
  async document(id) {
    return (await sql.query<Doc>('SELECT * FROM documents WHERE id = $1', [id])).rows[0];
  },
  async count(tenant) {
    const { rows } = await sql.query<{ collections: string; documents: string }>(
      `SELECT count(DISTINCT c.id) AS collections, count(d.id) AS documents
         FROM collections c LEFT JOIN documents d ON d.collection = c.id WHERE tenant = $1`,
      [tenant],
    );
    return { collections: Number(rows[0]?.collections), documents: Number(rows[0]?.documents) };
  },
  async search(tenant, words) {
    const { rows } = await sql.query<Doc>(
      `SELECT d.* FROM documents d JOIN collections c ON c.id = d.collection
        WHERE tenant = $1 AND text ILIKE '%' || $2 || '%' ORDER BY d.id`,
      [tenant, words],
    );
    return rows;
  },

  // TODO: a collection that was deleted by mistake can be had back, with what was in it, as a document can.
  async deleteCollection(id) {
    const { rowCount } = await sql.query('DELETE FROM collections WHERE id = $1', [id]);
    if (rowCount > 0) emit({ type: 'CollectionDeleted', data: { id } });
  },
  async restoreCollection() {
    throw refused('NOT_FOUND');
  },

  async deleteDocument(id) {
    const { rowCount } = await sql.query(
      `WITH gone AS (DELETE FROM documents WHERE id = $1 RETURNING *)
       INSERT INTO bin (id, doc) SELECT id, to_jsonb(gone) FROM gone`,
      [id],
    );
    if (rowCount > 0) emit({ type: 'DocumentDeleted', data: { id } });
  },
  // TODO: what can be restored, until when, and what is said of it, is as the seam has it.
  async restoreDocument(id) {
    const { rowCount } = await sql.query(
      `WITH back AS (DELETE FROM bin WHERE id = $1 RETURNING doc)
       INSERT INTO documents SELECT (jsonb_populate_record(NULL::documents, doc)).* FROM back`,
      [id],
    );
    if (rowCount === 0) throw refused('NOT_FOUND');
    emit({ type: 'DocumentRestored', data: { id } });
  },
  async purge() {
    await sql.query(`DELETE FROM bin WHERE deleted_at < now() - $1 * interval '1 ms'`, [retentionMs]);
  },
  // TODO: a tenant that must be forgotten is forgotten.
  async erase(tenant) {
    await sql.query('DELETE FROM collections WHERE tenant = $1', [tenant]);
    emit({ type: 'Erased', data: { tenant } });
  },
});
