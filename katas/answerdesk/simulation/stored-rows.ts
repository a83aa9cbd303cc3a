import type { Database } from '#kit/sql/database.ts';

/** How many rows of a database have one of the texts in them, whatever its tables are. */
export async function storedRows(db: Database, texts: readonly string[]): Promise<number> {
  if (texts.length === 0) return 0;
  const tables = await db.query<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables
      WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`,
  );
  if (tables.rows.length === 0) return 0;
  const all = tables.rows.map(({ name }) => `SELECT r::text AS row FROM ${name} r`).join(' UNION ALL ');
  const { rows } = await db.query<{ count: string }>(
    `SELECT count(*) FROM (${all}) AS stored WHERE EXISTS (SELECT 1 FROM unnest($1::text[]) t WHERE strpos(row, t) > 0)`,
    [texts],
  );
  return Number(rows[0]?.count ?? 0);
}
