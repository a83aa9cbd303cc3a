import type {
  CreateJobs,
  IllegalTransition,
  JobEvent,
  JobEventType,
  JobPhase,
  JobStatus,
} from '#answerdesk/seams/job-state.ts';

type From = JobPhase | 'none';
type Pause = 'JobPaused' | 'JobUnpaused';

const MOVES: Record<Exclude<JobEventType, Pause>, { from: readonly From[]; to: JobPhase }> = {
  JobQueued: { from: ['none'], to: 'queued' },
  JobStarted: { from: ['queued'], to: 'running' },
  JobWaited: { from: ['running'], to: 'waiting' },
  JobResumed: { from: ['waiting'], to: 'running' },
  JobFinished: { from: ['running'], to: 'done' },
  JobFailed: { from: ['running', 'waiting'], to: 'failed' },
  JobRetried: { from: ['failed'], to: 'queued' },
  JobCancelled: { from: ['queued', 'running', 'waiting'], to: 'cancelled' },
};
const MAY_BE_PAUSED: readonly From[] = ['queued', 'running', 'waiting', 'failed'];

/** The phase after the event; undefined where the table has no such move. */
function phaseAfter(from: From, type: JobEventType): JobPhase | undefined {
  if (type === 'JobPaused' || type === 'JobUnpaused') {
    return from !== 'none' && MAY_BE_PAUSED.includes(from) ? from : undefined;
  }
  // The type came off a queue: what a newer sender calls an event need not be in our table.
  return MOVES[type]?.from.includes(from) ? MOVES[type].to : undefined;
}

function evolve(before: JobStatus | undefined, { type, at }: JobEvent, phase: JobPhase): JobStatus {
  const { paused = false, attempts = 0 } = before ?? {};
  return {
    phase,
    paused: type === 'JobPaused' || (paused && type !== 'JobUnpaused'),
    attempts: attempts + (type === 'JobStarted' ? 1 : 0),
    changedAt: at,
  };
}

function illegal(from: From, { type, jobId }: JobEvent): IllegalTransition {
  const to = type === 'JobPaused' || type === 'JobUnpaused' ? from : MOVES[type]?.to;
  const error = new Error(`${jobId}: ${type} is not for a job that is ${from}`);
  return Object.assign(error, { code: 'ILLEGAL_TRANSITION' as const, from, to: to as JobPhase, event: type });
}

export const createJobs: CreateJobs = ({ emit }, history = []) => {
  const jobs = new Map<string, JobStatus>();
  const counted = new Set<string>();

  /** Takes the event in and says where it led; undefined where it had counted before. */
  function take(event: JobEvent): { from: From; to: JobPhase } | undefined {
    if (counted.has(event.id)) return undefined;
    const before = jobs.get(event.jobId);
    const from = before?.phase ?? 'none';
    const to = phaseAfter(from, event.type);
    if (to === undefined) throw illegal(from, event);
    counted.add(event.id); // not sooner: refused today, it may come again when its turn has come
    jobs.set(event.jobId, evolve(before, event, to));
    return { from, to };
  }

  for (const event of history) take(event);

  return {
    apply(event) {
      const move = take(event);
      if (move) emit({ type: event.type, data: { jobId: event.jobId, ...move } });
      return { ...(jobs.get(event.jobId) as JobStatus) };
    },
    status(jobId) {
      const job = jobs.get(jobId);
      return job && { ...job };
    },
  };
};
