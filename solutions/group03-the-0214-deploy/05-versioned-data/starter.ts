import type { CreatePriceBook, PriceVersion } from '#answerdesk/seams/price-book.ts';

export const schema = `
  CREATE TABLE prices (
    item        text        PRIMARY KEY,
    version     integer     NOT NULL,
    micros      bigint      NOT NULL,
    valid_from  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_by  text        NOT NULL,
    why         text        NOT NULL,
    sold        bigint      NOT NULL DEFAULT 0
  )`;

interface Row {
  item: string;
  version: number;
  micros: string;
  valid_from: Date;
  recorded_at: Date;
  changed_by: string;
  why: string;
  sold: string;
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
  // TODO: what we believed on any day can be asked for, whatever was changed or corrected since.
  const find = async (item: string) => (await sql.query<Row>('SELECT * FROM prices WHERE item = $1', [item])).rows[0];

  return {
    async put({ item, micros, validFrom, by, why, expected }) {
      const actual = (await find(item))?.version ?? 0;
      // TODO: of all who change the same version one succeeds, and the others are told.
      if (actual !== expected) {
        emit({ type: 'PriceConflicted', data: { item, expected, actual } });
        throw Object.assign(new Error(`${item} is at version ${actual}`), {
          code: 'VERSION_CONFLICT',
          expected,
          actual,
        });
      }
      const { rows } = await sql.query<Row>(
        `INSERT INTO prices VALUES ($1, $2, $3, $4, now(), $5, $6)
         ON CONFLICT (item) DO UPDATE SET (version, micros, valid_from, recorded_at, changed_by, why)
           = (excluded.version, excluded.micros, excluded.valid_from, excluded.recorded_at, excluded.changed_by, excluded.why)
         RETURNING *`,
        [item, expected + 1, micros, validFrom, by, why],
      );
      const put = asVersion(rows[0] as Row);
      emit({ type: 'PriceRecorded', data: { item, version: put.version, micros, validFrom } });
      return put;
    },

    async asOf(item, { validAt = new Date().toISOString() } = {}) {
      const row = await find(item);
      return row && row.valid_from <= new Date(validAt) ? asVersion(row) : undefined;
    },

    async history(item) {
      const row = await find(item);
      return row ? [asVersion(row)] : [];
    },

    // TODO: what every answer changes is counted in full, and leaves no trail.
    async addSold(item, tokens) {
      const sold = Number((await find(item))?.sold ?? 0) + tokens;
      await sql.query('UPDATE prices SET sold = $2 WHERE item = $1', [item, sold]);
    },
    sold: async (item) => Number((await find(item))?.sold ?? 0),
  };
};
