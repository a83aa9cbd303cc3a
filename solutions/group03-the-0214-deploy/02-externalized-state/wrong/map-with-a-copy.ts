// Keeps the jobs in a Map and copies them into the database: each process still does only what its own Map holds.
import type { Claim, CreateJobQueue, NewJob, QueuedJob } from '#answerdesk/seams/job-queue.ts';

export const schema = 'CREATE TABLE job_copies (no bigserial, id text PRIMARY KEY, job jsonb NOT NULL)';

interface Job extends NewJob, QueuedJob {
  leasedUntil: number;
  token: number;
}

export const createJobQueue: CreateJobQueue = ({ sql, emit }, { leaseMs, maxAttempts }) => {
  let jobs: Map<string, Job> | undefined;
  const load = async (): Promise<Map<string, Job>> => {
    if (jobs) return jobs;
    const { rows } = await sql.query<{ job: Job }>('SELECT job FROM job_copies ORDER BY no');
    jobs ??= new Map(rows.map(({ job }) => [job.id, job]));
    return jobs;
  };
  const save = async (job: Job): Promise<void> => {
    (await load()).set(job.id, job);
    const text = 'INSERT INTO job_copies (id, job) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET job = excluded.job';
    await sql.query(text, [job.id, JSON.stringify(job)]);
  };
  const now = async () => {
    const { rows } = await sql.query<{ now: Date }>('SELECT now()');
    return rows[0]?.now.getTime() ?? 0;
  };
  const held = async ({ id, token }: Claim) => {
    const job = (await load()).get(id);
    return job?.phase === 'running' && job.token === token ? job : undefined;
  };
  const bury = async (job: Job) => {
    await save({ ...job, phase: 'dead' });
    emit({ type: 'JobDied', data: { job: job.id, attempts: job.attempts } });
  };
  return {
    async enqueue(job) {
      if (!(await load()).has(job.id)) await save({ ...job, phase: 'queued', attempts: 0, leasedUntil: 0, token: 0 });
    },
    async claim(worker) {
      const at = await now();
      for (const job of (await load()).values()) {
        if (job.phase !== 'queued' && !(job.phase === 'running' && job.leasedUntil <= at)) continue;
        if (job.attempts >= maxAttempts) {
          await bury(job);
          continue;
        }
        const attempts = job.attempts + 1;
        await save({ ...job, phase: 'running', attempts, token: attempts, leasedUntil: at + leaseMs });
        return { id: job.id, tenant: job.tenant, payload: job.payload, worker, attempt: attempts, token: attempts };
      }
      return undefined;
    },
    async heartbeat(claim) {
      const job = await held(claim);
      if (job) await save({ ...job, leasedUntil: (await now()) + leaseMs });
      return job !== undefined;
    },
    async complete(claim, result) {
      const job = await held(claim);
      if (job) await save({ ...job, phase: 'done', result });
      return job !== undefined;
    },
    async fail(claim) {
      const job = await held(claim);
      if (job && job.attempts >= maxAttempts) await bury(job);
      else if (job) await save({ ...job, phase: 'queued' });
      return job !== undefined;
    },
    async status(id) {
      const job = (await load()).get(id);
      return job && { phase: job.phase, attempts: job.attempts, ...(job.phase === 'done' && { result: job.result }) };
    },
    async dead() {
      return [...(await load()).values()].filter(({ phase }) => phase === 'dead').map(({ id }) => id);
    },
  };
};
