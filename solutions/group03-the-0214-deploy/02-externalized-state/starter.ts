import type { CreateJobQueue, NewJob, QueuedJob } from '#answerdesk/seams/job-queue.ts';

interface Job extends NewJob, QueuedJob {
  leasedUntil: number;
}

/** Run once on an empty database. */
export const schema = '';

export const createJobQueue: CreateJobQueue = (_ports, { leaseMs }) => {
  // TODO: a job outlives the process that took it in, and any other process can do it.
  const jobs = new Map<string, Job>();

  return {
    async enqueue(job) {
      if (!jobs.has(job.id)) jobs.set(job.id, { ...job, phase: 'queued', attempts: 0, leasedUntil: 0 });
    },
    async claim(worker) {
      // TODO: whether a lease is over doesn't depend on whose clock is asked.
      const now = Date.now();
      for (const job of jobs.values()) {
        if (job.phase !== 'queued' && !(job.phase === 'running' && job.leasedUntil <= now)) continue;
        // TODO: a job that no worker survives isn't tried for ever.
        job.phase = 'running';
        job.attempts++;
        job.leasedUntil = now + leaseMs;
        const { id, tenant, payload, attempts } = job;
        return { id, tenant, payload, worker, attempt: attempts, token: attempts };
      }
      return undefined;
    },
    async heartbeat({ id }) {
      const job = jobs.get(id);
      if (job) job.leasedUntil = Date.now() + leaseMs;
      return job !== undefined;
    },
    // TODO: a worker whose job is another's by now changes nothing, and is told.
    async complete({ id }, result) {
      const job = jobs.get(id);
      if (job) Object.assign(job, { phase: 'done', result });
      return job !== undefined;
    },
    async fail({ id }) {
      const job = jobs.get(id);
      if (job) job.phase = 'queued';
      return job !== undefined;
    },
    // TODO: a thousand status pages don't cost a thousand times what one costs.
    async status(id) {
      const job = jobs.get(id);
      if (!job) return undefined;
      const { phase, attempts, result } = job;
      return phase === 'done' ? { phase, attempts, result } : { phase, attempts };
    },
    async dead() {
      return [...jobs.values()].filter(({ phase }) => phase === 'dead').map(({ id }) => id);
    },
  };
};
