// Serializable transactions, begun anew when Postgres can't order them; the past is folded here, not in SQL.
import type { CreatePriceBook, PriceVersion } from '#answerdesk/seams/price-book.ts';
import type { SqlFailure, SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE price_log (item text, version integer, body jsonb NOT NULL, recorded_at timestamptz DEFAULT now(), PRIMARY KEY (item, version));
  CREATE TABLE meters (item text PRIMARY KEY, tokens bigint NOT NULL DEFAULT 0)`;

type Body = Pick<PriceVersion, 'micros' | 'validFrom' | 'by' | 'why'>;
type Row = { item: string; version: number; body: Body; recorded_at: Date };

const MAY_TRY_AGAIN = ['40001', '40P01', '23505'];

export const createPriceBook: CreatePriceBook = ({ sql, emit }) => {
  async function versions(item: string, session: SqlSession = sql): Promise<PriceVersion[]> {
    const { rows } = await session.query<Row>('SELECT * FROM price_log WHERE item = $1 ORDER BY version', [item]);
    return rows.map(({ version, body, recorded_at }) => ({
      item,
      version,
      ...body,
      recordedAt: recorded_at.toISOString(),
    }));
  }

  async function serially<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await sql.transaction(work, { isolation: 'serializable' });
      } catch (error) {
        if (!MAY_TRY_AGAIN.includes((error as SqlFailure).code ?? '')) throw error;
      }
    }
  }

  return {
    history: (item) => versions(item),

    async put({ item, expected, ...body }) {
      const { micros, validFrom } = body;
      const outcome = await serially(async (session) => {
        const actual = (await versions(item, session)).length;
        if (actual !== expected) return { actual };
        const values = [item, expected + 1, JSON.stringify(body)];
        await session.query('INSERT INTO price_log (item, version, body) VALUES ($1, $2, $3)', values);
        return { put: (await versions(item, session)).at(-1) };
      });
      if (outcome.put) {
        emit({ type: 'PriceRecorded', data: { item, micros, validFrom, version: outcome.put.version } });
        return outcome.put;
      }
      const conflict = { item, expected, actual: outcome.actual ?? 0 };
      emit({ type: 'PriceConflicted', data: conflict });
      throw Object.assign(new Error(`somebody changed ${item}`), { code: 'VERSION_CONFLICT', ...conflict });
    },

    async asOf(item, when = {}) {
      const { rows } = await sql.query<{ now: Date }>('SELECT now() AS now');
      const now = (rows[0]?.now ?? new Date()).toISOString();
      const { validAt = now, knownAt = now } = when;
      let held: PriceVersion | undefined;
      for (const version of await versions(item)) {
        if (version.recordedAt > knownAt || version.validFrom > validAt) continue;
        if (!held || version.validFrom >= held.validFrom) held = version;
      }
      return held;
    },

    async addSold(item, tokens) {
      await sql.transaction(async (session) => {
        await session.query('INSERT INTO meters (item) VALUES ($1) ON CONFLICT DO NOTHING', [item]);
        await session.query('UPDATE meters SET tokens = tokens + $2 WHERE item = $1', [item, tokens]);
      });
    },
    async sold(item) {
      const { rows } = await sql.query<{ tokens: string }>('SELECT tokens FROM meters WHERE item = $1', [item]);
      return Number(rows[0]?.tokens ?? 0);
    },
  };
};
