import type { Claim, CreateJobQueue, QueuedJob } from '#answerdesk/seams/job-queue.ts';

export const schema = `
  CREATE TABLE job_queue (
    position bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    tenant text NOT NULL,
    payload jsonb NOT NULL,
    phase text NOT NULL DEFAULT 'queued' CHECK (phase IN ('queued', 'running', 'done', 'dead')),
    attempts int NOT NULL DEFAULT 0,
    worker text,
    leased_until timestamptz,
    result jsonb,
    reason text
  );
  CREATE INDEX job_queue_open ON job_queue (position) WHERE phase IN ('queued', 'running')`;

/** Buries what had its last try and hands out what waits longest, in one statement: `$1` worker, `$2` lease, `$3` tries. */
const CLAIM = `
  WITH overdue AS (
    SELECT id FROM job_queue
     WHERE phase = 'running' AND leased_until <= now() AND attempts >= $3
       FOR UPDATE SKIP LOCKED
  ), buried AS (
    UPDATE job_queue SET phase = 'dead', worker = NULL, reason = 'its last worker did not come back'
     WHERE id IN (SELECT id FROM overdue)
    RETURNING *
  ), next AS (
    SELECT id FROM job_queue
     WHERE (phase = 'queued' OR (phase = 'running' AND leased_until <= now())) AND attempts < $3
     ORDER BY position LIMIT 1
       FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE job_queue
       SET phase = 'running', worker = $1, attempts = attempts + 1, leased_until = now() + $2 * interval '1 ms'
     WHERE id IN (SELECT id FROM next)
    RETURNING *
  )
  SELECT id, tenant, payload, phase, attempts FROM buried
  UNION ALL SELECT id, tenant, payload, phase, attempts FROM claimed`;

/** The claim still holds. The number of the attempt is the fencing token: each claim of a job has a higher one. */
const HELD = `id = $1 AND attempts = $2 AND phase = 'running'`;

interface Row extends Omit<Claim, 'worker'>, QueuedJob {}

export const createJobQueue: CreateJobQueue = ({ sql, emit }, { leaseMs, maxAttempts, staleMs }) => {
  const told = new Map<string, { at: number; job: Promise<QueuedJob | undefined> }>();
  const died = (id: string, attempts: number) => emit({ type: 'JobDied', data: { job: id, attempts } });

  async function write({ id, token }: Claim, change: string, ...values: unknown[]): Promise<boolean> {
    const text = `UPDATE job_queue SET ${change} WHERE ${HELD}`;
    return (await sql.query(text, [id, token, ...values])).rowCount === 1;
  }

  async function read(id: string): Promise<QueuedJob | undefined> {
    const text = 'SELECT phase, attempts, result FROM job_queue WHERE id = $1';
    const { rows } = await sql.query<QueuedJob>(text, [id]);
    const [job] = rows;
    if (!job) return undefined;
    const { phase, attempts, result } = job;
    return phase === 'done' ? { phase, attempts, result } : { phase, attempts };
  }

  return {
    async enqueue({ id, tenant, payload }) {
      const text = 'INSERT INTO job_queue (id, tenant, payload) VALUES ($1, $2, $3::jsonb) ON CONFLICT (id) DO NOTHING';
      await sql.query(text, [id, tenant, JSON.stringify(payload)]);
    },

    async claim(worker) {
      const { rows } = await sql.query<Row>(CLAIM, [worker, leaseMs, maxAttempts]);
      for (const { id, phase, attempts } of rows) if (phase === 'dead') died(id, attempts);
      const claimed = rows.find(({ phase }) => phase === 'running');
      if (!claimed) return undefined;
      const { id, tenant, payload, attempts } = claimed;
      return { id, tenant, payload, worker, attempt: attempts, token: attempts };
    },

    heartbeat: (claim) => write(claim, `leased_until = now() + $3 * interval '1 ms'`, leaseMs),

    complete: (claim, result) => write(claim, `phase = 'done', result = $3::jsonb`, JSON.stringify(result)),

    async fail(claim, reason) {
      const last = claim.attempt >= maxAttempts;
      const held = await write(claim, `phase = $3, worker = NULL, reason = $4`, last ? 'dead' : 'queued', reason);
      if (held && last) died(claim.id, claim.attempt);
      return held;
    },

    async status(id) {
      const now = Date.now();
      for (const [key, { at }] of told) if (now - at >= staleMs) told.delete(key);
      const known = told.get(id) ?? { at: now, job: read(id) };
      told.set(id, known);
      try {
        return structuredClone(await known.job);
      } catch (error) {
        if (told.get(id) === known) told.delete(id); // the next one asks again
        throw error;
      }
    },

    async dead() {
      const text = `SELECT id FROM job_queue WHERE phase = 'dead' ORDER BY position`;
      return (await sql.query<{ id: string }>(text)).rows.map(({ id }) => id);
    },
  };
};
