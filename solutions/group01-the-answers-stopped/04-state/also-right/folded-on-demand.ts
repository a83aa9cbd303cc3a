// Keeps nothing but the events that counted: the status is folded from them each time, by pure functions.
import type { CreateJobs, JobEvent, JobPhase, JobStatus } from '#answerdesk/seams/job-state.ts';

const none = { phase: 'none' as JobPhase | 'none', paused: false, attempts: 0, changedAt: 0 };
type State = typeof none;

const rules: [event: string, from: string, to: string][] = [
  ['JobQueued', 'none', 'queued'],
  ['JobStarted', 'queued', 'running'],
  ['JobWaited', 'running', 'waiting'],
  ['JobResumed', 'waiting', 'running'],
  ['JobFinished', 'running', 'done'],
  ['JobFailed', 'running waiting', 'failed'],
  ['JobRetried', 'failed', 'queued'],
  ['JobCancelled', 'queued running waiting', 'cancelled'],
  ['JobPaused', 'queued running waiting failed', 'same'],
  ['JobUnpaused', 'queued running waiting failed', 'same'],
];

const decide = ({ phase }: State, { type }: JobEvent): JobPhase => {
  const rule = rules.find(([event]) => event === type);
  const to = (rule && rule[2] !== 'same' ? rule[2] : phase) as JobPhase;
  if (!rule?.[1].split(' ').includes(phase)) {
    throw Object.assign(new Error(`illegal: ${phase} → ${to} by ${type}`), {
      code: 'ILLEGAL_TRANSITION',
      from: phase,
      to,
      event: type,
    });
  }
  return to;
};
const evolve = (state: State, event: JobEvent): State => ({
  phase: decide(state, event),
  paused: event.type === 'JobPaused' ? true : event.type === 'JobUnpaused' ? false : state.paused,
  attempts: event.type === 'JobStarted' ? state.attempts + 1 : state.attempts,
  changedAt: event.at,
});

export const createJobs: CreateJobs = ({ emit }, history = []) => {
  let log: readonly JobEvent[] = history;
  const stateOf = (jobId: string) => log.filter((event) => event.jobId === jobId).reduce(evolve, none);

  return {
    apply(event) {
      const before = stateOf(event.jobId);
      if (log.some(({ id }) => id === event.id)) return before as JobStatus;
      const after = evolve(before, event) as JobStatus;
      log = [...log, event];
      emit({ type: event.type, data: { jobId: event.jobId, from: before.phase, to: after.phase } });
      return after;
    },
    status: (jobId) => (log.some((event) => event.jobId === jobId) ? (stateOf(jobId) as JobStatus) : undefined),
  };
};
