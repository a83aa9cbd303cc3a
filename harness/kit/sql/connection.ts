import type { QueryResult } from 'pg';
import { type BackEnd, inTransaction } from './back-end.ts';
import { never, Pool } from './pool.ts';
import type { SqlPort, SqlResult, SqlSession, TransactionOptions } from './port.ts';
import { whyRefused } from './refused.ts';
import { execute, type Sender } from './statement.ts';
import { excerpt } from './under-way.ts';

/** A statement as a hook sees it; BEGIN, COMMIT and ROLLBACK are statements too. */
export interface SentStatement {
  text: string;
  values: readonly unknown[];
  /** How many this connection has sent, this one included. */
  n: number;
}

/** Holds the statement until it resolves; what it throws, the statement rejects with. */
export type Hook = (statement: SentStatement) => void | Promise<void>;

export interface ConnectionOptions {
  name: string;
  /** Before it is sent: for barriers, and for failures that leave the database as it was. */
  before?: Hook | undefined;
  /** After it was done and before its sender hears of it: for answers that are lost. */
  after?: Hook | undefined;
}

/** What one process of a scene has of the database. */
export interface Connection {
  sql: SqlPort;
  /**
   * As `kill -9`: its back ends end, open transactions roll back, locks go; what it has asked, or asks later, never
   * settles. Resolves when the locks are free.
   */
  kill(): Promise<void>;
}

/** What a connection needs of the database that it is to. */
export interface DatabaseOf {
  /** Hears of each statement when it is asked for. */
  note(statement: SentStatement): void;
  /** What must be awaited before a text is sent. */
  ready(text: string): Promise<unknown> | undefined;
  /** As of `Pool`. */
  begin(): Promise<string>;
  /** What its clock shows. */
  now(): Date;
}

const CONTROL = /^\s*(?:begin|start\s+transaction|commit|rollback|abort|end|savepoint|release)\b/i;

export class TracedConnection implements Connection {
  readonly sql: SqlPort;
  readonly #options: ConnectionOptions;
  readonly #pool: Pool;
  readonly #sender: Sender;
  readonly #database: DatabaseOf;
  #sent = 0;

  constructor(options: ConnectionOptions, database: DatabaseOf) {
    this.#options = options;
    this.#database = database;
    this.#pool = new Pool(options.name, database.begin);
    this.#sender = { who: options.name, now: database.now };
    this.sql = {
      query: <Row>(text: string, values?: readonly unknown[]) => this.#single<Row>(text, values),
      session: (work) => this.#session(work),
      transaction: (work, options) => this.#transaction(work, options),
    };
  }

  kill(): Promise<void> {
    return this.#pool.kill();
  }

  /** At the end of a scene: what is idle is left to others. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  async #single<Row>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>> {
    check(text);
    if (CONTROL.test(text)) throw new Error(`${excerpt(text)}: a single statement has no transaction to control`);
    return asResult<Row>(
      await this.#traced(text, values, async () => {
        const backEnd = await this.#pool.acquire('statement');
        try {
          return await execute(backEnd, this.#sender, text, values);
        } finally {
          this.#pool.release(backEnd, 'statement');
        }
      }),
    );
  }

  #transaction<T>(work: (session: SqlSession) => Promise<T>, { isolation }: TransactionOptions = {}): Promise<T> {
    return this.#held(async (query, session) => {
      await query(`BEGIN${isolation ? ` ISOLATION LEVEL ${isolation.toUpperCase()}` : ''}`);
      let result: T;
      try {
        result = await work(session);
      } catch (error) {
        await query('ROLLBACK').catch(() => {});
        throw error;
      }
      const { command } = await query('COMMIT');
      if (command === 'COMMIT') return result;
      // Postgres answers so where a statement failed and `work` went on.
      throw Object.assign(new Error('a statement of the transaction had failed: it was rolled back'), {
        code: '25P02',
      });
    });
  }

  #session<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#held((_, session) => work(session));
  }

  /** Runs `use` with a back end of its own; what is open at its end is rolled back. */
  async #held<T>(use: (query: Query, session: SqlSession) => Promise<T>): Promise<T> {
    const backEnd = await this.#pool.acquire('session');
    const query = this.#inTurn(backEnd);
    let ended = false;
    const session: SqlSession = {
      query: async <Row>(text: string, values?: readonly unknown[]) => {
        if (ended) throw new Error(`${excerpt(text)}: the session has ended`);
        check(text);
        return asResult<Row>(await query(text, values));
      },
    };
    try {
      return await use(query, session);
    } finally {
      ended = true;
      if (!this.#pool.closed && !backEnd.gone && inTransaction(backEnd)) await query('ROLLBACK').catch(() => {});
      this.#pool.release(backEnd, 'session');
    }
  }

  /** One statement after another, as a back end takes them. */
  #inTurn(backEnd: BackEnd): Query {
    let last: Promise<unknown> = Promise.resolve();
    return (text, values) => {
      const result = last.then(() => this.#traced(text, values, () => execute(backEnd, this.#sender, text, values)));
      last = result.catch(() => {});
      return result;
    };
  }

  async #traced(text: string, values: readonly unknown[] = [], run: () => Promise<QueryResult>): Promise<QueryResult> {
    if (this.#pool.closed) return never();
    const statement: SentStatement = { text, values: [...values], n: ++this.#sent };
    this.#database.note(statement);
    const { before, after } = this.#options;
    const held = before?.(statement);
    if (held) await held;
    if (this.#pool.closed) return never();
    try {
      const ready = this.#database.ready(text);
      if (ready) await ready;
      const result = await run();
      const late = this.#pool.closed ? undefined : after?.(statement);
      if (late) await late;
      return this.#pool.closed ? never() : result;
    } catch (error) {
      if (this.#pool.closed) return never();
      throw error;
    }
  }
}

type Query = (text: string, values?: readonly unknown[]) => Promise<QueryResult>;

function check(text: string): void {
  if (typeof text !== 'string') throw new TypeError(`query takes a text and its values, not ${typeof text}`);
  const refused = whyRefused(text);
  if (refused !== null) throw new Error(`${refused} (in: ${excerpt(text)})`);
}

function asResult<Row>({ rows, rowCount }: QueryResult): SqlResult<Row> {
  return { rows: rows as Row[], rowCount: rowCount ?? rows.length };
}
