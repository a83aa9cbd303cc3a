// The pattern as the book has it: a class for each phase, which knows what may happen there and refuses the rest.
import type {
  CreateJobs,
  IllegalTransition,
  JobEvent,
  JobEventType,
  JobPhase,
  JobStatus,
} from '#answerdesk/seams/job-state.ts';

class Illegal extends Error implements IllegalTransition {
  readonly code = 'ILLEGAL_TRANSITION';
  readonly from: JobPhase | 'none';
  readonly to: JobPhase;
  readonly event: JobEventType;
  constructor(from: JobPhase | 'none', to: JobPhase, event: JobEventType) {
    super(`${event} is not for a job that is ${from}`);
    this.from = from;
    this.to = to;
    this.event = event;
  }
}

abstract class Phase {
  abstract readonly name: JobPhase | 'none';
  queued = (): Phase => this.refuse('JobQueued', 'queued');
  started = (): Phase => this.refuse('JobStarted', 'running');
  waited = (): Phase => this.refuse('JobWaited', 'waiting');
  resumed = (): Phase => this.refuse('JobResumed', 'running');
  finished = (): Phase => this.refuse('JobFinished', 'done');
  failed = (): Phase => this.refuse('JobFailed', 'failed');
  retried = (): Phase => this.refuse('JobRetried', 'queued');
  cancelled = (): Phase => this.refuse('JobCancelled', 'cancelled');
  paused = (event: JobEventType): Phase => this.refuse(event, this.name as JobPhase);
  refuse(event: JobEventType, to: JobPhase): never {
    throw new Illegal(this.name, to, event);
  }
}
abstract class Open extends Phase {
  override paused = (): Phase => this;
}
class NotYet extends Phase {
  readonly name = 'none';
  override queued = () => new Queued();
}
class Queued extends Open {
  readonly name = 'queued';
  override started = () => new Running();
  override cancelled = () => new Cancelled();
}
class Running extends Open {
  readonly name = 'running';
  override waited = () => new Waiting();
  override finished = () => new Done();
  override failed = () => new Failed();
  override cancelled = () => new Cancelled();
}
class Waiting extends Open {
  readonly name = 'waiting';
  override resumed = (): Phase => new Running();
  override failed = () => new Failed();
  override cancelled = () => new Cancelled();
}
class Failed extends Open {
  readonly name = 'failed';
  override retried = () => new Queued();
}
class Done extends Phase {
  readonly name = 'done';
}
class Cancelled extends Phase {
  readonly name = 'cancelled';
}

class Job {
  phase: Phase = new NotYet();
  #paused = false;
  #attempts = 0;
  #changedAt = 0;
  readonly #seen = new Set<string>();

  /** False for an event that was heard before. */
  hear({ id, type, at }: JobEvent): boolean {
    if (this.#seen.has(id)) return false;
    this.phase = this.#next(type);
    this.#seen.add(id);
    this.#changedAt = at;
    if (type === 'JobStarted') this.#attempts += 1;
    if (type === 'JobPaused') this.#paused = true;
    if (type === 'JobUnpaused') this.#paused = false;
    return true;
  }

  #next(type: JobEventType): Phase {
    switch (type) {
      case 'JobQueued':
        return this.phase.queued();
      case 'JobStarted':
        return this.phase.started();
      case 'JobWaited':
        return this.phase.waited();
      case 'JobResumed':
        return this.phase.resumed();
      case 'JobFinished':
        return this.phase.finished();
      case 'JobFailed':
        return this.phase.failed();
      case 'JobRetried':
        return this.phase.retried();
      case 'JobCancelled':
        return this.phase.cancelled();
      case 'JobPaused':
      case 'JobUnpaused':
        return this.phase.paused(type);
      default:
        return this.phase.refuse(type, this.phase.name as JobPhase);
    }
  }

  status(): JobStatus | undefined {
    const phase = this.phase.name;
    if (phase === 'none') return undefined;
    return { phase, paused: this.#paused, attempts: this.#attempts, changedAt: this.#changedAt };
  }
}

export const createJobs: CreateJobs = ({ emit }, history) => {
  const jobs = new Map<string, Job>();
  const job = (id: string) => jobs.get(id) ?? jobs.set(id, new Job()).get(id) ?? new Job();
  history?.forEach((event) => void job(event.jobId).hear(event));

  return {
    apply: (event) => {
      const its = job(event.jobId);
      const from = its.phase.name;
      const counted = its.hear(event);
      const status = its.status() as JobStatus;
      if (counted) emit({ type: event.type, data: { jobId: event.jobId, from, to: status.phase } });
      return status;
    },
    status: (jobId) => jobs.get(jobId)?.status(),
  };
};
