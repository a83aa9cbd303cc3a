// Locks the first job in a transaction and lets everybody else wait for that lock: one stalled worker stops all others.
import type { Claim, CreateJobQueue, QueuedJob } from '#answerdesk/seams/job-queue.ts';

export const schema = `
  CREATE TABLE locked_jobs (
    no bigserial, id text PRIMARY KEY, tenant text NOT NULL, payload jsonb NOT NULL,
    phase text NOT NULL DEFAULT 'queued', attempts int NOT NULL DEFAULT 0, leased_until timestamptz, result jsonb)`;

interface Row extends QueuedJob {
  id: string;
  tenant: string;
  payload: unknown;
}

export const createJobQueue: CreateJobQueue = ({ sql, emit }, { leaseMs, maxAttempts, staleMs }) => {
  const shown = new Map<string, { at: number; read: Promise<QueuedJob | undefined> }>();
  const lease = `now() + ${leaseMs} * interval '1 ms'`;
  const change = async ({ id, token }: Claim, set: string, ...values: unknown[]) => {
    const text = `UPDATE locked_jobs SET ${set} WHERE id = $1 AND attempts = $2 AND phase = 'running'`;
    return (await sql.query(text, [id, token, ...values])).rowCount === 1;
  };
  const died = (job: string, attempts: number) => emit({ type: 'JobDied', data: { job, attempts } });
  const claim = (worker: string): Promise<Claim | undefined> =>
    sql.transaction(async (session) => {
      for (;;) {
        const { rows } = await session.query<Row>(
          `SELECT * FROM locked_jobs WHERE phase = 'queued' OR (phase = 'running' AND leased_until <= now())
            ORDER BY no LIMIT 1 FOR UPDATE`,
        );
        const [job] = rows;
        if (!job) return undefined;
        const { id, tenant, payload, attempts } = job;
        if (attempts >= maxAttempts) {
          await session.query(`UPDATE locked_jobs SET phase = 'dead' WHERE id = $1`, [id]);
          died(id, attempts);
          continue;
        }
        const set = `phase = 'running', attempts = attempts + 1, leased_until = ${lease}`;
        await session.query(`UPDATE locked_jobs SET ${set} WHERE id = $1`, [id]);
        return { id, tenant, payload, worker, attempt: attempts + 1, token: attempts + 1 };
      }
    });
  const read = async (id: string): Promise<QueuedJob | undefined> => {
    const { rows } = await sql.query<Row>('SELECT * FROM locked_jobs WHERE id = $1', [id]);
    const [job] = rows;
    return job && { phase: job.phase, attempts: job.attempts, ...(job.phase === 'done' && { result: job.result }) };
  };
  return {
    claim,
    async enqueue({ id, tenant, payload }) {
      const text = 'INSERT INTO locked_jobs (id, tenant, payload) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING';
      await sql.query(text, [id, tenant, JSON.stringify(payload)]);
    },
    heartbeat: (held) => change(held, `leased_until = ${lease}`),
    complete: (held, result) => change(held, `phase = 'done', result = $3`, JSON.stringify(result)),
    async fail(held) {
      const last = held.attempt >= maxAttempts;
      const changed = await change(held, `phase = '${last ? 'dead' : 'queued'}'`);
      if (changed && last) died(held.id, held.attempt);
      return changed;
    },
    async status(id) {
      const known = shown.get(id);
      const fresh = known && Date.now() - known.at < staleMs ? known : { at: Date.now(), read: read(id) };
      shown.set(id, fresh);
      fresh.read.catch(() => shown.delete(id));
      return structuredClone(await fresh.read);
    },
    async dead() {
      const { rows } = await sql.query<Row>(`SELECT id FROM locked_jobs WHERE phase = 'dead' ORDER BY no`);
      return rows.map(({ id }) => id);
    },
  };
};
