import { and, asc, count, eq, exists, gte, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { CreateKnowledgeBase } from '#answerdesk/seams/knowledge-base.ts';
import type { SqlFailure, SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE collections (id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, deleted_at timestamptz);
  CREATE UNIQUE INDEX live_names ON collections (tenant, name) WHERE deleted_at IS NULL;
  CREATE TABLE documents (
    id text PRIMARY KEY, collection text NOT NULL REFERENCES collections ON DELETE CASCADE,
    title text NOT NULL, text text NOT NULL, deleted_at timestamptz
  );`;

const collections = pgTable('collections', {
  id: text('id').primaryKey(),
  tenant: text('tenant').notNull(),
  name: text('name').notNull(),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
});
const documents = pgTable('documents', {
  id: text('id').primaryKey(),
  collection: text('collection').notNull(),
  title: text('title').notNull(),
  text: text('text').notNull(),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
});

/** Rows come from the port as objects; drizzle's proxy takes their values in order, so no two columns share a name. */
const over = (session: SqlSession) =>
  drizzle(async (query, params) => {
    const { rows } = await session.query<Record<string, unknown>>(query, params);
    return { rows: rows.map((row) => Object.values(row)) };
  });

const refusal = (code: string) => Object.assign(new Error(code), { code });
/** The database's own error, under drizzle's. */
const cause = (error: unknown) => ((error as { cause?: unknown }).cause ?? error) as SqlFailure;
const nameTaken = (error: unknown) => {
  throw cause(error).constraint === 'live_names' ? refusal('NAME_TAKEN') : error;
};

export const createKnowledgeBase: CreateKnowledgeBase = ({ sql: port, emit }, { retentionMs }) => {
  const db = over(port);
  const limit = sql`now() - ${retentionMs}::float8 * interval '1 ms'`;
  const tell = (
    type: 'CollectionDeleted' | 'CollectionRestored' | 'DocumentDeleted' | 'DocumentRestored',
    id: string,
  ) => emit({ type, data: { id } });

  const isLive = exists(
    db
      .select({ one: sql`1` })
      .from(collections)
      .where(and(eq(collections.id, documents.collection), isNull(collections.deletedAt))),
  );
  const shown = and(isNull(documents.deletedAt), isLive);
  const doc = { id: documents.id, collection: documents.collection, title: documents.title, text: documents.text };
  const ofTenant = (tenant: string) =>
    inArray(
      documents.collection,
      db.select({ id: collections.id }).from(collections).where(eq(collections.tenant, tenant)),
    );

  return {
    async addCollection({ id, tenant, name }) {
      await db.insert(collections).values({ id, tenant, name }).catch(nameTaken);
    },
    async addDocument({ id, collection, title, text: words }) {
      await port.transaction(async (session) => {
        const [held] = await over(session)
          .select({ id: collections.id })
          .from(collections)
          .where(and(eq(collections.id, collection), isNull(collections.deletedAt)))
          .for('key share');
        if (!held) throw refusal('NOT_FOUND');
        await over(session).insert(documents).values({ id, collection, title, text: words });
      });
    },
    collections: (tenant) =>
      db
        .select({ id: collections.id, tenant: collections.tenant, name: collections.name })
        .from(collections)
        .where(and(eq(collections.tenant, tenant), isNull(collections.deletedAt)))
        .orderBy(asc(collections.name)),
    documents: (collection) =>
      db
        .select(doc)
        .from(documents)
        .where(and(eq(documents.collection, collection), shown))
        .orderBy(asc(documents.id)),
    document: async (id) =>
      (
        await db
          .select(doc)
          .from(documents)
          .where(and(eq(documents.id, id), shown))
      )[0],
    async count(tenant) {
      const [ofCollections, ofDocuments] = await Promise.all([
        db
          .select({ n: count() })
          .from(collections)
          .where(and(eq(collections.tenant, tenant), isNull(collections.deletedAt))),
        db
          .select({ n: count() })
          .from(documents)
          .where(and(ofTenant(tenant), shown)),
      ]);
      return { collections: ofCollections[0]?.n ?? 0, documents: ofDocuments[0]?.n ?? 0 };
    },
    search: (tenant, words) =>
      db
        .select(doc)
        .from(documents)
        .where(and(ofTenant(tenant), shown, sql`position(lower(${words}) in lower(${documents.text})) > 0`))
        .orderBy(asc(documents.id)),

    async deleteCollection(id) {
      const deleted = await db
        .update(collections)
        .set({ deletedAt: sql`now()` })
        .where(and(eq(collections.id, id), isNull(collections.deletedAt)))
        .returning({ id: collections.id });
      if (deleted.length > 0) tell('CollectionDeleted', id);
    },
    async deleteDocument(id) {
      const deleted = await db
        .update(documents)
        .set({ deletedAt: sql`now()` })
        .where(and(eq(documents.id, id), shown))
        .returning({ id: documents.id });
      if (deleted.length > 0) tell('DocumentDeleted', id);
    },
    async restoreCollection(id) {
      const restored = await db
        .update(collections)
        .set({ deletedAt: null })
        .where(and(eq(collections.id, id), gte(collections.deletedAt, limit)))
        .returning({ id: collections.id })
        .catch(nameTaken);
      if (restored.length > 0) return tell('CollectionRestored', id);
      const [found] = await db
        .select({ deletedAt: collections.deletedAt })
        .from(collections)
        .where(eq(collections.id, id));
      if (!found) throw refusal('NOT_FOUND');
      if (found.deletedAt) throw refusal('TOO_LATE');
    },
    async restoreDocument(id) {
      const restored = await db
        .update(documents)
        .set({ deletedAt: null })
        .where(and(eq(documents.id, id), gte(documents.deletedAt, limit), isLive))
        .returning({ id: documents.id });
      if (restored.length > 0) return tell('DocumentRestored', id);
      const [found] = await db
        .select({ deletedAt: documents.deletedAt })
        .from(documents)
        .where(and(eq(documents.id, id), isLive));
      if (!found) throw refusal('NOT_FOUND');
      if (found.deletedAt) throw refusal('TOO_LATE');
    },

    async purge() {
      const ids = await port.transaction(async (session) => {
        const tx = over(session);
        const old = await tx
          .select({ id: collections.id })
          .from(collections)
          .where(lt(collections.deletedAt, limit))
          .for('update');
        const expired = old.map(({ id }) => id);
        const within = expired.length > 0 ? inArray(documents.collection, expired) : undefined;
        const docs = await tx
          .delete(documents)
          .where(or(within, lt(documents.deletedAt, limit)))
          .returning({ id: documents.id });
        if (expired.length > 0) await tx.delete(collections).where(inArray(collections.id, expired));
        return [...expired, ...docs.map(({ id }) => id)];
      });
      if (ids.length > 0) emit({ type: 'Purged', data: { ids } });
    },
    async erase(tenant) {
      await db.delete(collections).where(eq(collections.tenant, tenant));
      emit({ type: 'Erased', data: { tenant } });
    },
  };
};
