import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import type { CreateKnowledgeBase, Doc } from '#answerdesk/seams/knowledge-base.ts';
import type { SqlFailure, SqlSession } from '#answerdesk/sql-port.ts';

/** Every row carries when it was deleted; a document also with what. */
export const schema = `
  CREATE TABLE collections (id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, deleted_at timestamptz);
  CREATE UNIQUE INDEX one_name ON collections (tenant, name) WHERE deleted_at IS NULL;
  CREATE TABLE documents (
    id text PRIMARY KEY,
    collection text NOT NULL REFERENCES collections ON DELETE CASCADE,
    title text NOT NULL,
    text text NOT NULL,
    deleted_at timestamptz,
    deleted_with text
  );`;

interface Tables {
  collections: { id: string; tenant: string; name: string; deleted_at: Date | null };
  documents: Doc & { deleted_at: Date | null; deleted_with: string | null };
}
/** Builds queries; the port runs them. */
const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (of) => new PostgresIntrospector(of),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const run = async <Row>(session: SqlSession, query: { compile(): CompiledQuery<Row> }): Promise<Row[]> => {
  const { sql: text, parameters } = query.compile();
  return (await session.query<Row>(text, parameters)).rows;
};

const liveCollections = () => db.selectFrom('collections').where('deleted_at', 'is', null);
const liveDocuments = () =>
  db
    .selectFrom('documents')
    .where('documents.deleted_at', 'is', null)
    .select(['documents.id', 'documents.collection', 'documents.title', 'documents.text']);
const now = sql<Date>`now()`;
const refuse = (code: string): never => {
  throw Object.assign(new Error(code), { code });
};
const nameTaken = (error: SqlFailure) => {
  if (error.constraint === 'one_name') return refuse('NAME_TAKEN');
  throw error;
};

export const createKnowledgeBase: CreateKnowledgeBase = ({ sql: port, emit }, { retentionMs }) => {
  const limit = sql<Date>`now() - make_interval(secs => ${retentionMs / 1000})`;
  const inTime = sql<boolean>`deleted_at >= ${limit}`.as('in_time');

  return {
    async addCollection({ id, tenant, name }) {
      await run(port, db.insertInto('collections').values({ id, tenant, name })).catch(nameTaken);
    },
    async addDocument({ id, collection, title, text }) {
      await port.transaction(async (session) => {
        // Shared: others may add too, and nobody deletes it meanwhile.
        const held = await run(session, liveCollections().where('id', '=', collection).select('id').forShare());
        if (held.length === 0) refuse('NOT_FOUND');
        await run(session, db.insertInto('documents').values({ id, collection, title, text }));
      });
    },
    collections: (tenant) =>
      run(port, liveCollections().where('tenant', '=', tenant).select(['id', 'tenant', 'name']).orderBy('name')),
    documents: (collection) => run(port, liveDocuments().where('collection', '=', collection).orderBy('id')),
    document: async (id) => (await run(port, liveDocuments().where('id', '=', id)))[0],
    async count(tenant) {
      const all = await run(
        port,
        liveCollections()
          .where('tenant', '=', tenant)
          .leftJoin(liveDocuments().as('d'), 'd.collection', 'collections.id')
          .select(({ fn }) => [
            fn.count<string>('collections.id').distinct().as('collections'),
            fn.count<string>('d.id').as('documents'),
          ]),
      );
      return { collections: Number(all[0]?.collections), documents: Number(all[0]?.documents) };
    },
    search: (tenant, words) =>
      run(
        port,
        liveDocuments()
          .innerJoin('collections', 'collections.id', 'documents.collection')
          .where('tenant', '=', tenant)
          .where('text', 'ilike', `%${words.replace(/[\\%_]/g, '\\$&')}%`)
          .orderBy('documents.id'),
      ),

    async deleteCollection(id) {
      const deleted = await port.transaction(async (session) => {
        const own = db.updateTable('collections').set({ deleted_at: now }).where('id', '=', id);
        const gone = await run(session, own.where('deleted_at', 'is', null).returning('id'));
        if (gone.length === 0) return false;
        const stamp = db.updateTable('documents').set({ deleted_at: now, deleted_with: id });
        await run(session, stamp.where('collection', '=', id).where('deleted_at', 'is', null));
        return true;
      });
      if (deleted) emit({ type: 'CollectionDeleted', data: { id } });
    },
    async deleteDocument(id) {
      const stamp = db.updateTable('documents').set({ deleted_at: now }).where('id', '=', id);
      const gone = await run(port, stamp.where('deleted_at', 'is', null).returning('id'));
      if (gone.length > 0) emit({ type: 'DocumentDeleted', data: { id } });
    },
    async restoreCollection(id) {
      const restored = await port
        .transaction(async (session) => {
          const of = db.selectFrom('collections').where('id', '=', id).select(['deleted_at', inTime]).forUpdate();
          const [found] = await run(session, of);
          if (!found) return refuse('NOT_FOUND');
          if (found.deleted_at === null) return false;
          if (!found.in_time) return refuse('TOO_LATE');
          await run(session, db.updateTable('collections').set({ deleted_at: null }).where('id', '=', id));
          const back = db.updateTable('documents').set({ deleted_at: null, deleted_with: null });
          await run(session, back.where('deleted_with', '=', id));
          return true;
        })
        .catch(nameTaken);
      if (restored) emit({ type: 'CollectionRestored', data: { id } });
    },
    async restoreDocument(id) {
      const restored = await port.transaction(async (session) => {
        const within = db.selectFrom('documents').where('id', '=', id).select('collection');
        const live = liveCollections().where('id', 'in', within).select('id').forShare();
        if ((await run(session, live)).length === 0) return refuse('NOT_FOUND');
        const of = db.selectFrom('documents').where('id', '=', id).select(['deleted_at', inTime]).forUpdate();
        const [found] = await run(session, of);
        if (!found) return refuse('NOT_FOUND');
        if (found.deleted_at === null) return false;
        if (!found.in_time) return refuse('TOO_LATE');
        await run(session, db.updateTable('documents').set({ deleted_at: null }).where('id', '=', id));
        return true;
      });
      if (restored) emit({ type: 'DocumentRestored', data: { id } });
    },

    async purge() {
      const ids = await port.transaction(async (session) => {
        const old = db.selectFrom('collections').where('deleted_at', '<', limit).select('id').forUpdate();
        const expired = (await run(session, old)).map(({ id }) => id);
        const docs = db.deleteFrom('documents').returning('id');
        const alone = docs.where('deleted_at', '<', limit).where('deleted_with', 'is', null);
        const gone = await run(session, alone);
        if (expired.length > 0) {
          gone.push(...(await run(session, docs.where('collection', 'in', expired))));
          await run(session, db.deleteFrom('collections').where('id', 'in', expired));
        }
        return [...expired, ...gone.map(({ id }) => id)];
      });
      if (ids.length > 0) emit({ type: 'Purged', data: { ids } });
    },
    async erase(tenant) {
      await run(port, db.deleteFrom('collections').where('tenant', '=', tenant));
      emit({ type: 'Erased', data: { tenant } });
    },
  };
};
