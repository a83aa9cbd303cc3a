// A class; a transaction that locks and then writes; the leases in a table of their own, each with a token from a sequence.
import type {
  Claim,
  CreateJobQueue,
  JobQueue,
  JobQueuePolicy,
  JobQueuePorts,
  NewJob,
  QueuedJob,
} from '#answerdesk/seams/job-queue.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE queued_jobs (
    id text PRIMARY KEY, no serial, tenant text NOT NULL, payload text NOT NULL,
    attempts int NOT NULL DEFAULT 0, outcome text, result text);
  CREATE SEQUENCE job_lease_tokens;
  CREATE TABLE job_leases (
    job text PRIMARY KEY REFERENCES queued_jobs (id), token bigint NOT NULL DEFAULT nextval('job_lease_tokens'),
    worker text NOT NULL, until timestamptz NOT NULL);`;

interface JobRow {
  id: string;
  tenant: string;
  payload: string;
  attempts: number;
  outcome: 'done' | 'dead' | null;
  result: string | null;
  leased: boolean;
}

class PostgresQueue implements JobQueue {
  readonly #ports: JobQueuePorts;
  readonly #policy: JobQueuePolicy;
  readonly #recent = new Map<string, { readAt: number; row: JobRow | undefined }>();
  readonly #reading = new Map<string, Promise<JobRow | undefined>>();

  constructor(ports: JobQueuePorts, policy: JobQueuePolicy) {
    this.#ports = ports;
    this.#policy = policy;
  }

  async enqueue({ id, tenant, payload }: NewJob): Promise<void> {
    const values = [id, tenant, JSON.stringify(payload)];
    try {
      await this.#ports.sql.query('INSERT INTO queued_jobs (id, tenant, payload) VALUES ($1, $2, $3)', values);
    } catch (error) {
      if ((error as { code?: string }).code !== '23505') throw error;
    }
  }

  claim(worker: string): Promise<Claim | undefined> {
    return this.#ports.sql.transaction(async (session) => {
      for (;;) {
        const job = await this.#lockNext(session);
        if (!job) return undefined;
        await session.query('DELETE FROM job_leases WHERE job = $1', [job.id]);
        if (job.attempts >= this.#policy.maxAttempts) {
          await this.#bury(session, job.id, job.attempts);
          continue;
        }
        const attempt = job.attempts + 1;
        await session.query('UPDATE queued_jobs SET attempts = $2 WHERE id = $1', [job.id, attempt]);
        const lease = `INSERT INTO job_leases (job, worker, until) VALUES ($1, $2, now() + $3::interval) RETURNING token`;
        const { rows } = await session.query<{ token: string }>(lease, [job.id, worker, this.#leaseTime]);
        const payload: unknown = JSON.parse(job.payload);
        return { id: job.id, tenant: job.tenant, payload, worker, attempt, token: Number(rows[0]?.token) };
      }
    });
  }

  async #lockNext(session: SqlSession): Promise<JobRow | undefined> {
    const { rows } = await session.query<JobRow>(
      `SELECT * FROM queued_jobs j
        WHERE outcome IS NULL AND NOT EXISTS (SELECT 1 FROM job_leases WHERE job = j.id AND until > now())
        ORDER BY no LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    const [job] = rows;
    if (!job) return undefined;
    // The snapshot may be older than the lock: whoever had it may have leased it since.
    const again = await session.query('SELECT 1 FROM job_leases WHERE job = $1 AND until > now()', [job.id]);
    return again.rowCount > 0 ? this.#lockNext(session) : job;
  }

  async #bury(session: SqlSession, id: string, attempts: number): Promise<void> {
    await session.query(`UPDATE queued_jobs SET outcome = 'dead' WHERE id = $1`, [id]);
    this.#ports.emit({ type: 'JobDied', data: { job: id, attempts } });
  }

  async heartbeat({ id, token }: Claim): Promise<boolean> {
    const text = 'UPDATE job_leases SET until = now() + $3::interval WHERE job = $1 AND token = $2';
    return (await this.#ports.sql.query(text, [id, token, this.#leaseTime])).rowCount > 0;
  }

  complete(claim: Claim, result: unknown): Promise<boolean> {
    return this.#giveUpLease(claim, async (session) => {
      const text = `UPDATE queued_jobs SET outcome = 'done', result = $2 WHERE id = $1`;
      await session.query(text, [claim.id, JSON.stringify(result)]);
    });
  }

  fail(claim: Claim): Promise<boolean> {
    return this.#giveUpLease(claim, async (session) => {
      if (claim.attempt >= this.#policy.maxAttempts) await this.#bury(session, claim.id, claim.attempt);
    });
  }

  /** Only who still has the lease can give it up. */
  #giveUpLease({ id, token }: Claim, then: (session: SqlSession) => Promise<void>): Promise<boolean> {
    return this.#ports.sql.transaction(async (session) => {
      await session.query('SELECT 1 FROM queued_jobs WHERE id = $1 FOR UPDATE', [id]);
      const gone = await session.query('DELETE FROM job_leases WHERE job = $1 AND token = $2', [id, token]);
      if (gone.rowCount === 0) return false;
      await then(session);
      return true;
    });
  }

  async status(id: string): Promise<QueuedJob | undefined> {
    const row = await this.#row(id);
    if (!row) return undefined;
    const { attempts, outcome, result, leased } = row;
    const phase = outcome ?? (leased ? ('running' as const) : ('queued' as const));
    return { phase, attempts, ...(phase === 'done' && { result: JSON.parse(result ?? 'null') as unknown }) };
  }

  async #row(id: string): Promise<JobRow | undefined> {
    const known = this.#recent.get(id);
    if (known && performance.now() - known.readAt < this.#policy.staleMs) return known.row;
    const text =
      'SELECT *, EXISTS (SELECT 1 FROM job_leases WHERE job = j.id) AS leased FROM queued_jobs j WHERE id = $1';
    const readAt = performance.now();
    const reading =
      this.#reading.get(id) ??
      this.#ports.sql
        .query<JobRow>(text, [id])
        .then(({ rows }) => {
          this.#recent.set(id, { readAt, row: rows[0] });
          return rows[0];
        })
        .finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async dead(): Promise<string[]> {
    const text = `SELECT id FROM queued_jobs WHERE outcome = 'dead' ORDER BY no`;
    return (await this.#ports.sql.query<{ id: string }>(text)).rows.map(({ id }) => id);
  }

  get #leaseTime(): string {
    return `${this.#policy.leaseMs} milliseconds`;
  }
}

export const createJobQueue: CreateJobQueue = (ports, policy) => new PostgresQueue(ports, policy);
