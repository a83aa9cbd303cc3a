// A class: a head row for each item is locked while its next version is written; the counter is spread over four rows.
import type {
  CreatePriceBook,
  PriceBook,
  PriceBookPorts,
  PriceChange,
  PriceVersion,
} from '#answerdesk/seams/price-book.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE heads (item text PRIMARY KEY, version integer NOT NULL DEFAULT 0);
  CREATE TABLE versions (
    item text NOT NULL REFERENCES heads, version integer NOT NULL, micros numeric NOT NULL,
    valid_from timestamptz NOT NULL, recorded_at timestamptz NOT NULL, said jsonb NOT NULL,
    UNIQUE (item, version)
  );
  CREATE INDEX ON versions (item, valid_from DESC, version DESC);
  CREATE TABLE counters (item text, shard integer, tokens numeric NOT NULL, PRIMARY KEY (item, shard));`;

class VersionConflict extends Error {
  readonly code = 'VERSION_CONFLICT';
  readonly expected: number;
  readonly actual: number;
  constructor(expected: number, actual: number) {
    super(`version ${actual} is there, ${expected} was expected`);
    this.expected = expected;
    this.actual = actual;
  }
}

const SELECT = `
  SELECT item, version, micros::float8 AS micros, said->>'by' AS by, said->>'why' AS why,
    to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "validFrom",
    to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "recordedAt"
  FROM versions`;

class SqlPriceBook implements PriceBook {
  readonly #ports: PriceBookPorts;
  constructor(ports: PriceBookPorts) {
    this.#ports = ports;
  }

  async put(change: PriceChange): Promise<PriceVersion> {
    const { sql, emit } = this.#ports;
    const { item, micros, validFrom, expected } = change;
    try {
      const put = await sql.transaction((session) => this.#append(session, change));
      emit({ type: 'PriceRecorded', data: { item, micros, validFrom, version: put.version } });
      return put;
    } catch (error) {
      if (error instanceof VersionConflict) {
        emit({ type: 'PriceConflicted', data: { item, expected, actual: error.actual } });
      }
      throw error;
    }
  }

  async #append(
    session: SqlSession,
    { item, micros, validFrom, by, why, expected }: PriceChange,
  ): Promise<PriceVersion> {
    await session.query('INSERT INTO heads (item) VALUES ($1) ON CONFLICT DO NOTHING', [item]);
    const heads = await session.query<{ version: number }>('SELECT version FROM heads WHERE item = $1 FOR UPDATE', [
      item,
    ]);
    const actual = heads.rows[0]?.version ?? 0;
    if (actual !== expected) throw new VersionConflict(expected, actual);
    const version = expected + 1;
    await session.query('UPDATE heads SET version = $2 WHERE item = $1', [item, version]);
    const insert = 'INSERT INTO versions VALUES ($1, $2, $3, $4, now(), $5)';
    await session.query(insert, [item, version, micros, validFrom, JSON.stringify({ by, why })]);
    const { rows } = await session.query<PriceVersion>(`${SELECT} WHERE item = $1 AND version = $2`, [item, version]);
    return rows[0] as PriceVersion;
  }

  async asOf(item: string, { validAt, knownAt }: { validAt?: string; knownAt?: string } = {}) {
    const values: unknown[] = [item];
    const at = (time?: string) => (time === undefined ? 'now()' : `$${values.push(time)}::timestamptz`);
    const { rows } = await this.#ports.sql.query<PriceVersion>(
      `${SELECT} WHERE item = $1 AND valid_from <= ${at(validAt)} AND recorded_at <= ${at(knownAt)}
        ORDER BY valid_from DESC, version DESC FETCH FIRST ROW ONLY`,
      values,
    );
    return rows[0];
  }

  async history(item: string): Promise<PriceVersion[]> {
    return (await this.#ports.sql.query<PriceVersion>(`${SELECT} WHERE item = $1 ORDER BY version`, [item])).rows;
  }

  async addSold(item: string, tokens: number): Promise<void> {
    await this.#ports.sql.query(
      `INSERT INTO counters VALUES ($1, floor(random() * 4), $2)
       ON CONFLICT (item, shard) DO UPDATE SET tokens = counters.tokens + $2`,
      [item, tokens],
    );
  }

  async sold(item: string): Promise<number> {
    const text = 'SELECT sum(tokens)::float8 AS sum FROM counters WHERE item = $1';
    return (await this.#ports.sql.query<{ sum: number | null }>(text, [item])).rows[0]?.sum ?? 0;
  }
}

export const createPriceBook: CreatePriceBook = (ports) => new SqlPriceBook(ports);
