// drizzle-orm over its pg-proxy driver; the versions of an item are counted under an advisory lock.
import { and, asc, desc, eq, lte, max, sql as raw } from 'drizzle-orm';
import { bigint, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { CreatePriceBook, PriceVersion } from '#answerdesk/seams/price-book.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE price (
    item text NOT NULL, version integer NOT NULL, micros bigint NOT NULL, valid_from timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(), by text NOT NULL, why text NOT NULL,
    PRIMARY KEY (item, version)
  );
  CREATE TABLE sold (item text PRIMARY KEY, tokens bigint NOT NULL)`;

const price = pgTable(
  'price',
  {
    item: text().notNull(),
    version: integer().notNull(),
    micros: bigint({ mode: 'number' }).notNull(),
    validFrom: timestamp('valid_from', { withTimezone: true }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().default(raw`now()`),
    by: text().notNull(),
    why: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.item, table.version] })],
);
const sold = pgTable('sold', { item: text().primaryKey(), tokens: bigint({ mode: 'number' }).notNull() });

type Row = typeof price.$inferSelect;
const asVersion = (row: Row): PriceVersion => ({
  ...row,
  validFrom: row.validFrom.toISOString(),
  recordedAt: row.recordedAt.toISOString(),
});

/** The driver wants rows as lists. */
const over = (session: SqlSession) =>
  drizzle(async (statement, values) => {
    const { rows } = await session.query<Record<string, unknown>>(statement, values as unknown[]);
    return { rows: rows.map((row) => Object.values(row)) };
  });

export const createPriceBook: CreatePriceBook = ({ sql, emit }) => {
  const db = over(sql);
  const instant = (time?: string) => (time ? raw`${time}::timestamptz` : raw`now()`);

  return {
    async put({ item, micros, validFrom, by, why, expected }) {
      const outcome = await sql.transaction(async (session) => {
        const tx = over(session);
        await tx.execute(raw`SELECT pg_advisory_xact_lock(hashtextextended(${item}, 0))`);
        const [latest] = await tx
          .select({ version: max(price.version) })
          .from(price)
          .where(eq(price.item, item));
        const actual = latest?.version ?? 0;
        if (actual !== expected) return { actual };
        const row = { item, version: expected + 1, micros, validFrom: new Date(validFrom), by, why };
        const [put] = await tx.insert(price).values(row).returning();
        return { actual, put };
      });
      const { actual, put } = outcome;
      if (put) {
        emit({ type: 'PriceRecorded', data: { item, version: put.version, micros, validFrom } });
        return asVersion(put);
      }
      emit({ type: 'PriceConflicted', data: { item, expected, actual } });
      throw Object.assign(new Error(`${item}: ${actual}, not ${expected}`), {
        code: 'VERSION_CONFLICT',
        expected,
        actual,
      });
    },

    async asOf(item, when = {}) {
      const [row] = await db
        .select()
        .from(price)
        .where(
          and(
            eq(price.item, item),
            lte(price.validFrom, instant(when.validAt)),
            lte(price.recordedAt, instant(when.knownAt)),
          ),
        )
        .orderBy(desc(price.validFrom), desc(price.version))
        .limit(1);
      return row && asVersion(row);
    },

    history: async (item) =>
      (await db.select().from(price).where(eq(price.item, item)).orderBy(asc(price.version))).map(asVersion),

    async addSold(item, tokens) {
      await db
        .insert(sold)
        .values({ item, tokens })
        .onConflictDoUpdate({ target: sold.item, set: { tokens: raw`${sold.tokens} + excluded.tokens` } });
    },
    sold: async (item) => (await db.select().from(sold).where(eq(sold.item, item)))[0]?.tokens ?? 0,
  };
};
