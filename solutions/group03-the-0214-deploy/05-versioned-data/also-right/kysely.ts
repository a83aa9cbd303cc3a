// kysely 0.28 writes the statements; the port runs them.
import {
  type Compilable,
  DummyDriver,
  type Generated,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql as raw,
  type Selectable,
} from 'kysely';
import type { CreatePriceBook, PriceVersion } from '#answerdesk/seams/price-book.ts';
import type { SqlFailure } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE prices (
    item text, version integer, micros bigint NOT NULL, valid_from timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(), by text NOT NULL, why text NOT NULL,
    PRIMARY KEY (item, version)
  );
  CREATE TABLE sales (item text PRIMARY KEY, tokens bigint NOT NULL);`;

interface PriceTable {
  item: string;
  version: number;
  micros: string | number;
  valid_from: Date | string;
  recorded_at: Generated<Date>;
  by: string;
  why: string;
}
interface Tables {
  prices: PriceTable;
  sales: { item: string; tokens: string | number };
}

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

function asVersion({ micros, valid_from, recorded_at, ...rest }: Selectable<PriceTable>): PriceVersion {
  const validFrom = new Date(valid_from).toISOString();
  return { ...rest, micros: Number(micros), validFrom, recordedAt: recorded_at.toISOString() };
}

export const createPriceBook: CreatePriceBook = ({ sql, emit }) => {
  async function run<Row>(query: Compilable<Row>): Promise<Row[]> {
    const { sql: text, parameters } = query.compile();
    return (await sql.query<Row>(text, parameters)).rows;
  }
  const of = (item: string) => db.selectFrom('prices').selectAll().where('item', '=', item);

  async function insert({ validFrom, ...row }: Omit<PriceVersion, 'recordedAt'>) {
    try {
      const [inserted] = await run(
        db
          .insertInto('prices')
          .values({ ...row, valid_from: validFrom })
          .returningAll(),
      );
      return inserted;
    } catch (error) {
      if ((error as SqlFailure).code === '23505') return undefined;
      throw error;
    }
  }

  return {
    async put({ expected, ...change }) {
      const { item, micros, validFrom } = change;
      const version = expected + 1;
      const latest = async () => (await run(of(item).orderBy('version', 'desc').limit(1)))[0]?.version ?? 0;
      let actual = await latest();
      const inserted = actual === expected ? await insert({ ...change, version }) : undefined;
      if (inserted) {
        emit({ type: 'PriceRecorded', data: { item, version, micros, validFrom } });
        return asVersion(inserted);
      }
      actual = await latest();
      emit({ type: 'PriceConflicted', data: { item, expected, actual } });
      throw Object.assign(new Error('conflict'), { code: 'VERSION_CONFLICT', expected, actual });
    },

    async asOf(item, { validAt, knownAt } = {}) {
      const at = (time?: string) => (time ? raw<Date>`${time}::timestamptz` : raw<Date>`now()`);
      const [row] = await run(
        of(item)
          .where('valid_from', '<=', at(validAt))
          .where('recorded_at', '<=', at(knownAt))
          .orderBy('valid_from', 'desc')
          .orderBy('version', 'desc')
          .limit(1),
      );
      return row && asVersion(row);
    },

    history: async (item) => (await run(of(item).orderBy('version'))).map(asVersion),

    async addSold(item, tokens) {
      await run(
        db
          .insertInto('sales')
          .values({ item, tokens })
          .onConflict((conflict) =>
            conflict.column('item').doUpdateSet({ tokens: raw`sales.tokens + excluded.tokens` }),
          ),
      );
    },
    async sold(item) {
      const [row] = await run(db.selectFrom('sales').select('tokens').where('item', '=', item));
      return Number(row?.tokens ?? 0);
    },
  };
};
