export interface SqlResult<Row> {
  rows: Row[];
  /** Rows returned, or changed where the statement returns none. */
  rowCount: number;
}

export interface SqlSession {
  /** Runs one statement; `$1` is the first of `values`. Rejects with a `SqlFailure`. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>>;
}

/**
 * Postgres, as an answer gets it. `now()` is the scene's time. What comes back: `timestamptz` and `timestamp` (as UTC)
 * as Date, `date` as 'YYYY-MM-DD', `bigint` (so `count(*)` too) and `numeric` as strings, `jsonb` parsed.
 */
export interface SqlPort extends SqlSession {
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(work: (session: SqlSession) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** One back end for as long as `work` runs. */
  session<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
}

export interface TransactionOptions {
  /** Default 'read committed'. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable';
}

/** What Postgres refused. */
export interface SqlFailure extends Error {
  /** The SQLSTATE: '23505' is a unique violation, '40001' a serialization failure, '40P01' a deadlock. */
  code?: string;
  /** The name of the violated constraint. */
  constraint?: string;
  detail?: string;
  table?: string;
  column?: string;
}
