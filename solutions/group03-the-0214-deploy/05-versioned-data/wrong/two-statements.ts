// Keeps the number of the latest version in a row of its own and writes both, one after the other: killed in between, the item can never be changed again.
import type { CreatePriceBook, PriceVersion } from '#answerdesk/seams/price-book.ts';

/** Versions are only ever added. What was sold is one number, which says nothing about prices. */
export const schema = `
  CREATE TABLE price_versions (
    item        text        NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    micros      bigint      NOT NULL,
    valid_from  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    changed_by  text        NOT NULL,
    why         text        NOT NULL,
    PRIMARY KEY (item, version)
  );
  CREATE TABLE heads (item text PRIMARY KEY, version integer NOT NULL);
  CREATE TABLE tokens_sold (item text PRIMARY KEY, tokens bigint NOT NULL)`;

interface Row {
  item: string;
  version: number;
  micros: string;
  valid_from: Date;
  recorded_at: Date;
  changed_by: string;
  why: string;
}

const asVersion = (row: Row): PriceVersion => ({
  item: row.item,
  version: row.version,
  micros: Number(row.micros),
  validFrom: row.valid_from.toISOString(),
  recordedAt: row.recorded_at.toISOString(),
  by: row.changed_by,
  why: row.why,
});

export const createPriceBook: CreatePriceBook = ({ sql, emit }) => {
  const latest = async (item: string): Promise<number> => {
    const text = 'SELECT coalesce(max(version), 0) AS latest FROM heads WHERE item = $1';
    return (await sql.query<{ latest: number }>(text, [item])).rows[0]?.latest ?? 0;
  };

  return {
    async put({ item, micros, validFrom, by, why, expected }) {
      const head = await sql.query(
        expected === 0
          ? 'INSERT INTO heads SELECT $1, $2::integer + 1 ON CONFLICT DO NOTHING'
          : 'UPDATE heads SET version = $2::integer + 1 WHERE item = $1 AND version = $2',
        [item, expected],
      );
      const { rows } =
        head.rowCount === 0
          ? { rows: [] }
          : await sql.query<Row>(
              'INSERT INTO price_versions (item, version, micros, valid_from, changed_by, why) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *',
              [item, expected + 1, micros, validFrom, by, why],
            );
      const [row] = rows;
      if (!row) {
        const actual = await latest(item);
        emit({ type: 'PriceConflicted', data: { item, expected, actual } });
        const error = new Error(`${item} is at version ${actual}; the change was made on ${expected}`);
        throw Object.assign(error, { code: 'VERSION_CONFLICT', expected, actual });
      }
      const put = asVersion(row);
      emit({ type: 'PriceRecorded', data: { item, version: put.version, micros, validFrom } });
      return put;
    },

    async asOf(item, { validAt, knownAt } = {}) {
      const { rows } = await sql.query<Row>(
        `SELECT * FROM price_versions
          WHERE item = $1 AND valid_from <= coalesce($2::timestamptz, now())
            AND recorded_at <= coalesce($3::timestamptz, now())
          ORDER BY valid_from DESC, version DESC
          LIMIT 1`,
        [item, validAt ?? null, knownAt ?? null],
      );
      return rows[0] && asVersion(rows[0]);
    },

    async history(item) {
      const text = 'SELECT * FROM price_versions WHERE item = $1 ORDER BY version';
      return (await sql.query<Row>(text, [item])).rows.map(asVersion);
    },

    async addSold(item, tokens) {
      await sql.query(
        `INSERT INTO tokens_sold VALUES ($1, $2)
         ON CONFLICT (item) DO UPDATE SET tokens = tokens_sold.tokens + excluded.tokens`,
        [item, tokens],
      );
    },

    async sold(item) {
      const text = 'SELECT tokens FROM tokens_sold WHERE item = $1';
      return Number((await sql.query<{ tokens: string }>(text, [item])).rows[0]?.tokens ?? 0);
    },
  };
};
