// xstate 5: phases and pauses are parallel regions of a chart; only its pure `transition` is used, no actor, no clock.
import { assign, initialTransition, type SnapshotFrom, setup, transition } from 'xstate';
import type { CreateJobs, JobEvent, JobEventType, JobPhase, JobStatus } from '#answerdesk/seams/job-state.ts';

const open = ['queued', 'running', 'waiting', 'failed'] as const;

const chart = setup({
  types: { context: {} as { attempts: number }, events: {} as { type: JobEventType } },
}).createMachine({
  type: 'parallel',
  context: { attempts: 0 },
  states: {
    phase: {
      initial: 'none',
      states: {
        none: { on: { JobQueued: 'queued' } },
        queued: {
          on: {
            JobStarted: { target: 'running', actions: assign({ attempts: ({ context }) => context.attempts + 1 }) },
            JobCancelled: 'cancelled',
          },
        },
        running: { on: { JobWaited: 'waiting', JobFinished: 'done', JobFailed: 'failed', JobCancelled: 'cancelled' } },
        waiting: { on: { JobResumed: 'running', JobFailed: 'failed', JobCancelled: 'cancelled' } },
        failed: { on: { JobRetried: 'queued' } },
        done: { type: 'final' },
        cancelled: { type: 'final' },
      },
    },
    work: {
      initial: 'going',
      states: {
        going: { on: { JobPaused: 'heldBack' } },
        heldBack: { on: { JobUnpaused: 'going' } },
      },
    },
  },
});
type Snapshot = SnapshotFrom<typeof chart>;

const target: Partial<Record<JobEventType, JobPhase>> = {
  JobQueued: 'queued',
  JobStarted: 'running',
  JobWaited: 'waiting',
  JobResumed: 'running',
  JobFinished: 'done',
  JobFailed: 'failed',
  JobRetried: 'queued',
  JobCancelled: 'cancelled',
};
const phaseOf = (snapshot: Snapshot) => snapshot.value.phase as JobPhase | 'none';
const mayHappen = (snapshot: Snapshot, type: JobEventType) =>
  snapshot.can({ type }) && (target[type] !== undefined || open.some((phase) => phase === phaseOf(snapshot)));

export const createJobs: CreateJobs = ({ emit }, history = []) => {
  const jobs = new Map<string, { snapshot: Snapshot; changedAt: number }>();
  const seen = new Set<string>();
  const [start] = initialTransition(chart);

  const status = (jobId: string): JobStatus | undefined => {
    const job = jobs.get(jobId);
    if (!job) return undefined;
    const { snapshot, changedAt } = job;
    return {
      phase: phaseOf(snapshot) as JobPhase,
      paused: snapshot.value.work === 'heldBack',
      attempts: snapshot.context.attempts,
      changedAt,
    };
  };

  const apply = (event: JobEvent, announce: typeof emit): JobStatus => {
    const { id, jobId, type, at } = event;
    if (!seen.has(id)) {
      const before = jobs.get(jobId)?.snapshot ?? start;
      const from = phaseOf(before);
      if (!mayHappen(before, type)) {
        const details = { code: 'ILLEGAL_TRANSITION', from, to: target[type] ?? from, event: type };
        throw Object.assign(new Error(`${type} is not for a job that is ${from}`), details);
      }
      const [snapshot] = transition(chart, before, { type });
      jobs.set(jobId, { snapshot, changedAt: at });
      seen.add(id);
      announce({ type, data: { jobId, from, to: phaseOf(snapshot) as JobPhase } });
    }
    return status(jobId) as JobStatus;
  };

  for (const event of history) apply(event, () => {});
  return { apply: (event) => apply(event, emit), status };
};
