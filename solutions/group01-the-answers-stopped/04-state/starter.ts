import type { CreateJobs, JobEvent, JobStatus } from '#answerdesk/seams/job-state.ts';

export const createJobs: CreateJobs = ({ emit }, history = []) => {
  const jobs = new Map<string, JobStatus>();

  // TODO: a job moves only as the table allows; whoever asks for another move is told, and nothing changes.
  // TODO: an event that is delivered twice counts once.
  function change(job: JobStatus, { type }: JobEvent): void {
    switch (type) {
      case 'JobQueued':
      case 'JobRetried':
        job.phase = 'queued';
        break;
      case 'JobStarted':
        job.phase = 'running';
        job.attempts++;
        break;
      case 'JobResumed':
        job.phase = 'running';
        break;
      case 'JobWaited':
        job.phase = 'waiting';
        break;
      case 'JobFinished':
        job.phase = 'done';
        break;
      case 'JobFailed':
        job.phase = 'failed';
        break;
      case 'JobCancelled':
        job.phase = 'cancelled';
        break;
      // TODO: a pause holds a job back, and forgets nothing about it.
      case 'JobPaused':
        job.phase = 'waiting';
        job.paused = true;
        break;
      case 'JobUnpaused':
        job.phase = job.attempts > 0 ? 'running' : 'queued';
        job.paused = false;
        break;
    }
  }

  function apply(event: JobEvent): JobStatus {
    const job = jobs.get(event.jobId) ?? { phase: 'queued', paused: false, attempts: 0, changedAt: 0 };
    const from = jobs.has(event.jobId) ? job.phase : 'none';
    jobs.set(event.jobId, job);
    change(job, event);
    job.changedAt = Date.now();
    emit({ type: event.type, data: { jobId: event.jobId, from, to: job.phase } });
    return { ...job };
  }

  // TODO: after a restart everything is as it was, and nobody hears the old news again.
  for (const event of history) apply(event);

  return { apply, status: (jobId) => structuredClone(jobs.get(jobId)) };
};
