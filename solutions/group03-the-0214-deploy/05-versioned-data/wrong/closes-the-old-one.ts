// Gives each version an end and closes the old one when a new one comes: asked what was known before, the old one says that it had ended.
import type { CreatePriceBook, PriceVersion } from '#answerdesk/seams/price-book.ts';
import type { SqlFailure } from '#answerdesk/sql-port.ts';

/** Versions are only ever added. What was sold is one number, which says nothing about prices. */
export const schema = `
  CREATE TABLE price_versions (
    item        text        NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    micros      bigint      NOT NULL,
    valid_from  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    valid_to    timestamptz NOT NULL DEFAULT 'infinity',
    changed_by  text        NOT NULL,
    why         text        NOT NULL,
    PRIMARY KEY (item, version)
  );
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

const UNIQUE_VIOLATION = '23505';

export const createPriceBook: CreatePriceBook = ({ sql, emit }) => {
  const latest = async (item: string): Promise<number> => {
    const text = 'SELECT coalesce(max(version), 0) AS latest FROM price_versions WHERE item = $1';
    return (await sql.query<{ latest: number }>(text, [item])).rows[0]?.latest ?? 0;
  };

  return {
    async put({ item, micros, validFrom, by, why, expected }) {
      const { rows } = await sql
        .query<Row>(
          `WITH closed AS (
             UPDATE price_versions SET valid_to = $4 WHERE item = $1 AND version = $2 AND valid_from <= $4
           )
           INSERT INTO price_versions (item, version, micros, valid_from, changed_by, why)
           SELECT $1, $2::integer + 1, $3, $4, $5, $6
            WHERE $2 = (SELECT coalesce(max(version), 0) FROM price_versions WHERE item = $1)
           RETURNING *`,
          [item, expected, micros, validFrom, by, why],
        )
        .catch((error: SqlFailure) => {
          // Both saw the same latest version; the key lets one of them in.
          if (error.code === UNIQUE_VIOLATION) return { rows: [] };
          throw error;
        });
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
            AND valid_to > coalesce($2::timestamptz, now())
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
