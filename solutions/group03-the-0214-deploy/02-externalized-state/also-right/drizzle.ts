// drizzle-orm 0.45 on its proxy driver; in a transaction of the port a second instance speaks to that session.
import { and, asc, eq, gte, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { bigserial, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { Claim, CreateJobQueue, QueuedJob } from '#answerdesk/seams/job-queue.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE drizzle_jobs (
    no bigserial, id text PRIMARY KEY, tenant text NOT NULL, payload jsonb NOT NULL,
    phase text NOT NULL DEFAULT 'queued', attempts integer NOT NULL DEFAULT 0, leased_until timestamptz, result jsonb)`;

const jobs = pgTable('drizzle_jobs', {
  no: bigserial('no', { mode: 'number' }),
  id: text('id').primaryKey(),
  tenant: text('tenant').notNull(),
  // In a box: drizzle takes JSON null for SQL's, and a text for JSON that is still to be parsed.
  payload: jsonb('payload').$type<{ is: unknown }>().notNull(),
  phase: text('phase').$type<QueuedJob['phase']>().notNull().default('queued'),
  attempts: integer('attempts').notNull().default(0),
  leasedUntil: timestamp('leased_until', { withTimezone: true }),
  result: jsonb('result').$type<{ is: unknown }>(),
});

const on = (session: SqlSession) =>
  drizzle(async (query, values) => {
    const { rows } = await session.query(query, values);
    return { rows: rows.map((row) => Object.values(row)) };
  });

export const createJobQueue: CreateJobQueue = ({ sql: port, emit }, { leaseMs, maxAttempts, staleMs }) => {
  const db = on(port);
  const now = sql`now()`;
  const leaseEnd = sql`now() + ${leaseMs} * interval '1 millisecond'`;
  const waiting = or(eq(jobs.phase, 'queued'), and(eq(jobs.phase, 'running'), lte(jobs.leasedUntil, now)));
  const died = (job: string, attempts: number) => emit({ type: 'JobDied', data: { job, attempts } });
  const held = ({ id, token }: Claim) => and(eq(jobs.id, id), eq(jobs.attempts, token), eq(jobs.phase, 'running'));
  const change = async (claim: Claim, values: Parameters<ReturnType<typeof db.update<typeof jobs>>['set']>[0]) =>
    (await db.update(jobs).set(values).where(held(claim)).returning({ id: jobs.id })).length === 1;

  const claimIn = async (session: SqlSession, worker: string): Promise<Claim | undefined> => {
    const tx = on(session);
    const lock = (which: SQL | undefined) =>
      tx.select().from(jobs).where(which).orderBy(asc(jobs.no)).limit(1).for('update', { skipLocked: true });
    for (const { id, attempts } of await lock(and(waiting, gte(jobs.attempts, maxAttempts)))) {
      await tx.update(jobs).set({ phase: 'dead' }).where(eq(jobs.id, id));
      died(id, attempts);
      return claimIn(session, worker);
    }
    const [job] = await lock(and(waiting, lt(jobs.attempts, maxAttempts)));
    if (!job) return undefined;
    const { id, tenant, payload } = job;
    const attempts = job.attempts + 1;
    await tx.update(jobs).set({ phase: 'running', attempts, leasedUntil: leaseEnd }).where(eq(jobs.id, id));
    return { id, tenant, payload: payload.is, worker, attempt: attempts, token: attempts };
  };

  const shown = new Map<string, { at: number; read: Promise<QueuedJob | undefined> }>();
  const read = async (id: string): Promise<QueuedJob | undefined> => {
    const { phase, attempts, result } = jobs;
    const [row] = await db.select({ phase, attempts, result }).from(jobs).where(eq(jobs.id, id));
    return row && { phase: row.phase, attempts: row.attempts, ...(row.result && { result: row.result.is }) };
  };

  return {
    enqueue: async ({ id, tenant, payload }) => {
      await db
        .insert(jobs)
        .values({ id, tenant, payload: { is: payload } })
        .onConflictDoNothing();
    },
    claim: (worker) => port.transaction((session) => claimIn(session, worker)),
    heartbeat: (claim) => change(claim, { leasedUntil: leaseEnd }),
    complete: (claim, result) => change(claim, { phase: 'done', result: { is: result } }),
    fail: async (claim) => {
      const phase = claim.attempt < maxAttempts ? 'queued' : 'dead';
      const changed = await change(claim, { phase });
      if (changed && phase === 'dead') died(claim.id, claim.attempt);
      return changed;
    },
    status: async (id) => {
      const last = shown.get(id);
      const fresh = last && Date.now() - last.at < staleMs ? last : { at: Date.now(), read: read(id) };
      shown.set(id, fresh);
      fresh.read.catch(() => shown.delete(id));
      return structuredClone(await fresh.read);
    },
    dead: async () => {
      const dead = await db.select({ id: jobs.id }).from(jobs).where(eq(jobs.phase, 'dead')).orderBy(asc(jobs.no));
      return dead.map(({ id }) => id);
    },
  };
};
