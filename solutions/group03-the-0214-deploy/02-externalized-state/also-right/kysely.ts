// kysely 0.28 as the query builder, over a driver that is the port.
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Generated,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely';
import type { CreateJobQueue, QueuedJob } from '#answerdesk/seams/job-queue.ts';
import type { SqlPort } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE kysely_jobs (
    no bigint GENERATED ALWAYS AS IDENTITY, id text PRIMARY KEY, tenant text NOT NULL, payload jsonb NOT NULL,
    phase text NOT NULL DEFAULT 'queued', attempts int NOT NULL DEFAULT 0, leased_until timestamptz, result jsonb);`;

interface Tables {
  kysely_jobs: {
    no: Generated<string>;
    id: string;
    tenant: string;
    payload: unknown;
    phase: Generated<QueuedJob['phase']>;
    attempts: Generated<number>;
    leased_until: Date | null;
    result: unknown;
  };
}

/** One statement each: no transaction is begun through it. */
const dialectOf = (port: SqlPort): Dialect => {
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql: text, parameters }: CompiledQuery) {
      const { rows, rowCount } = await port.query<R>(text, parameters);
      return { rows, numAffectedRows: BigInt(rowCount) };
    },
    streamQuery() {
      throw new Error('not used');
    },
  };
  const nothing = async () => {};
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => ({
      init: nothing,
      acquireConnection: async () => connection,
      beginTransaction: nothing,
      commitTransaction: nothing,
      rollbackTransaction: nothing,
      releaseConnection: nothing,
      destroy: nothing,
    }),
  };
};

export const createJobQueue: CreateJobQueue = ({ sql: port, emit }, { leaseMs, maxAttempts, staleMs }) => {
  const db = new Kysely<Tables>({ dialect: dialectOf(port) });
  const now = sql<Date>`now()`;
  const leaseEnd = sql<Date>`now() + ${leaseMs} * interval '1 millisecond'`;
  const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;
  const statuses = new Map<string, { until: number; status: Promise<QueuedJob | undefined> }>();

  const held = (id: string, token: number) =>
    db.updateTable('kysely_jobs').where('id', '=', id).where('attempts', '=', token).where('phase', '=', 'running');
  const one = (result: { numUpdatedRows: bigint }) => result.numUpdatedRows === 1n;

  async function buryOverdue(): Promise<void> {
    const buried = await db
      .updateTable('kysely_jobs')
      .set({ phase: 'dead' })
      .where('id', 'in', (query) =>
        query
          .selectFrom('kysely_jobs')
          .select('id')
          .where('phase', '=', 'running')
          .where('leased_until', '<=', now)
          .where('attempts', '>=', maxAttempts)
          .forUpdate()
          .skipLocked(),
      )
      .returning(['id', 'attempts'])
      .execute();
    for (const { id, attempts } of buried) emit({ type: 'JobDied', data: { job: id, attempts } });
  }

  async function read(id: string): Promise<QueuedJob | undefined> {
    const columns = ['phase', 'attempts', 'result'] as const;
    const row = await db.selectFrom('kysely_jobs').select(columns).where('id', '=', id).executeTakeFirst();
    if (!row) return undefined;
    const { phase, attempts, result } = row;
    return phase === 'done' ? { phase, attempts, result } : { phase, attempts };
  }

  return {
    async enqueue({ id, tenant, payload }) {
      const job = { id, tenant, payload: json(payload) };
      await db
        .insertInto('kysely_jobs')
        .values(job)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },
    async claim(worker) {
      await buryOverdue();
      const job = await db
        .with('next', (query) =>
          query
            .selectFrom('kysely_jobs')
            .select('id')
            .where(({ eb, and, or }) =>
              or([eb('phase', '=', 'queued'), and([eb('phase', '=', 'running'), eb('leased_until', '<=', now)])]),
            )
            .where('attempts', '<', maxAttempts)
            .orderBy('no')
            .limit(1)
            .forUpdate()
            .skipLocked(),
        )
        .updateTable('kysely_jobs')
        .from('next')
        .whereRef('kysely_jobs.id', '=', 'next.id')
        .set(({ eb }) => ({ phase: 'running', attempts: eb('attempts', '+', 1), leased_until: leaseEnd }))
        .returning(['kysely_jobs.id', 'tenant', 'payload', 'attempts'])
        .executeTakeFirst();
      if (!job) return undefined;
      const { id, tenant, payload, attempts } = job;
      return { id, tenant, payload, worker, attempt: attempts, token: attempts };
    },
    heartbeat: async ({ id, token }) =>
      one(await held(id, token).set({ leased_until: leaseEnd }).executeTakeFirstOrThrow()),
    complete: async ({ id, token }, result) =>
      one(
        await held(id, token)
          .set({ phase: 'done', result: json(result) })
          .executeTakeFirstOrThrow(),
      ),
    async fail({ id, token, attempt }) {
      const phase = attempt >= maxAttempts ? 'dead' : 'queued';
      const changed = one(await held(id, token).set({ phase }).executeTakeFirstOrThrow());
      if (changed && phase === 'dead') emit({ type: 'JobDied', data: { job: id, attempts: attempt } });
      return changed;
    },
    async status(id) {
      const known = statuses.get(id);
      if (known && Date.now() < known.until) return structuredClone(await known.status);
      const status = read(id);
      statuses.set(id, { until: Date.now() + staleMs, status });
      status.catch(() => statuses.delete(id));
      return structuredClone(await status);
    },
    async dead() {
      const rows = await db.selectFrom('kysely_jobs').select('id').where('phase', '=', 'dead').orderBy('no').execute();
      return rows.map(({ id }) => id);
    },
  };
};
