import { afterScene } from '../scene-end.ts';
import { holdTime } from '../virtual-time.ts';
import { type Connection, type ConnectionOptions, type SentStatement, TracedConnection } from './connection.ts';
import type { SqlResult } from './port.ts';
import { mayChangeSchema, namesAdvisoryLocks } from './refused.ts';
import { giveAdvisoryLocks, makeSchema, returnSchema, type Schema, searchPath } from './schemas.ts';

export type { Connection, ConnectionOptions, Hook, SentStatement } from './connection.ts';
export { NoDatabase } from './server.ts';

export interface StatementOf extends SentStatement {
  /** The name of the connection that sent it. */
  connection: string;
}

/** A schema of its own on the run's Postgres, for one scene. */
export interface Database {
  /** One process of the scene: a worker, an instance of the API. */
  connect(options: ConnectionOptions): Connection;
  /** The suite's own look at the tables: no hook, not among `statements`. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<SqlResult<Row>>;
  /** What the connections have sent, in order. */
  readonly statements: readonly StatementOf[];
  /** From now on its clock is `ahead` ms ahead of the processes' (of Date), or behind where that is negative. */
  moveClock(ahead: number): void;
  /** Ends all connections and leaves nothing behind; also done when the scene ends. Rejects if there was no schema. */
  drop(): Promise<void>;
}

/**
 * For a scene that may need Postgres. `schema` is DDL, run once, before the first statement; until then nothing is
 * started. Statements reject with NoDatabase where there is no Postgres.
 */
export function openDatabase({ schema: ddl }: { schema: string }): Database {
  const statements: StatementOf[] = [];
  const connections = new Set<TracedConnection>();
  let made: Promise<Schema> | undefined;
  let changed = false;
  let ahead = 0;
  const schema = () => {
    made ??= holding('making a schema', () => makeSchema(ddl));
    return made;
  };
  const connect = (options: ConnectionOptions, note: (statement: SentStatement) => void) => {
    const connection = new TracedConnection(options, {
      note: (statement) => {
        changed ||= mayChangeSchema(statement.text);
        note(statement);
      },
      ready: (text) =>
        namesAdvisoryLocks(text) ? holding('advisory locks', async () => giveAdvisoryLocks(await schema())) : undefined,
      begin: async () => searchPath((await schema()).name),
      now: () => new Date(Date.now() + ahead),
    });
    connections.add(connection);
    return connection;
  };
  const own = connect({ name: 'the suite' }, () => {});
  const drop = async () => {
    const all = [...connections];
    connections.clear();
    await Promise.all(all.map((connection) => connection.close()));
    // An answer may have taken what went wrong for a refusal of its own statement.
    const used = await made;
    made = undefined;
    if (used) await returnSchema(used, changed);
  };
  afterScene(drop);
  return {
    connect: (options) => connect(options, (statement) => statements.push({ connection: options.name, ...statement })),
    query: <Row>(text: string, values?: readonly unknown[]) => own.sql.query<Row>(text, values),
    statements,
    moveClock: (ms) => {
      ahead = ms;
    },
    drop,
  };
}

async function holding<T>(what: string, work: () => Promise<T>): Promise<T> {
  const hold = holdTime(() => what);
  try {
    return await work();
  } finally {
    hold.release();
  }
}
