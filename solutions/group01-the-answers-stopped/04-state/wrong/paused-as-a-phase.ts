// Makes a pause a state of its own, which remembers where to go back to: until then whatever the job does is refused.
import type { CreateJobs, JobEvent, JobEventType, JobPhase, JobStatus } from '#answerdesk/seams/job-state.ts';

type State = JobPhase | 'none' | 'paused';
const table: Record<State, Partial<Record<JobEventType, State>>> = {
  none: { JobQueued: 'queued' },
  queued: { JobStarted: 'running', JobCancelled: 'cancelled', JobPaused: 'paused' },
  running: {
    JobWaited: 'waiting',
    JobFinished: 'done',
    JobFailed: 'failed',
    JobCancelled: 'cancelled',
    JobPaused: 'paused',
  },
  waiting: { JobResumed: 'running', JobFailed: 'failed', JobCancelled: 'cancelled', JobPaused: 'paused' },
  failed: { JobRetried: 'queued', JobPaused: 'paused' },
  paused: { JobUnpaused: 'paused', JobCancelled: 'cancelled' },
  done: {},
  cancelled: {},
};
const targets: Partial<Record<JobEventType, JobPhase>> = {
  JobQueued: 'queued',
  JobStarted: 'running',
  JobWaited: 'waiting',
  JobResumed: 'running',
  JobFinished: 'done',
  JobFailed: 'failed',
  JobRetried: 'queued',
  JobCancelled: 'cancelled',
};

export const createJobs: CreateJobs = ({ emit }, history = []) => {
  const jobs = new Map<string, { state: State; before: JobPhase; attempts: number; changedAt: number }>();
  const seen = new Set<string>();

  const status = (jobId: string): JobStatus | undefined => {
    const job = jobs.get(jobId);
    return (
      job && {
        phase: job.state === 'paused' ? job.before : (job.state as JobPhase),
        paused: job.state === 'paused',
        attempts: job.attempts,
        changedAt: job.changedAt,
      }
    );
  };
  const take = ({ id, jobId, type, at }: JobEvent): JobPhase | 'none' | undefined => {
    if (seen.has(id)) return undefined;
    const job = jobs.get(jobId) ?? { state: 'none' as State, before: 'queued' as JobPhase, attempts: 0, changedAt: 0 };
    const from = status(jobId)?.phase ?? 'none';
    let to = table[job.state][type];
    if (!to) {
      const details = { code: 'ILLEGAL_TRANSITION', from, to: targets[type] ?? from, event: type };
      throw Object.assign(new Error(`${type} while ${job.state}`), details);
    }
    if (type === 'JobUnpaused') to = job.before;
    const attempts = job.attempts + (type === 'JobStarted' ? 1 : 0);
    jobs.set(jobId, { state: to, before: from === 'none' ? job.before : from, attempts, changedAt: at });
    seen.add(id);
    return from;
  };
  for (const event of history) take(event);
  return {
    apply(event) {
      const from = take(event);
      const now = status(event.jobId) as JobStatus;
      if (from) emit({ type: event.type, data: { jobId: event.jobId, from, to: now.phase } });
      return now;
    },
    status,
  };
};
