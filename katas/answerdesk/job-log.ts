import type { Emit } from './domain.ts';
import type { JobEvent, JobEventType } from './seams/job-state.ts';
import type { Seams } from './seams.ts';

/** Hands an event to `handle`, at least once. */
export type Queue = (event: JobEvent, handle: (event: JobEvent) => void) => void;

/** Keeps each question's job in step with what happens to it. An event that its phase doesn't allow is noted, not obeyed. */
export function createJobLog(seams: Seams, queue: Queue, emit: Emit) {
  const jobs = seams.createJobs({ emit: ({ type, data }) => emit({ type, data: { ...data } }) });
  const counts = new Map<string, number>();

  function handle(event: JobEvent): void {
    try {
      jobs.apply(event);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ILLEGAL_TRANSITION') throw error;
      emit({ type: 'JobEventRefused', data: { jobId: event.jobId, event: event.type } });
    }
  }

  return {
    note(jobId: string, type: JobEventType): void {
      const n = (counts.get(jobId) ?? 0) + 1;
      counts.set(jobId, n);
      queue({ id: `${jobId}/${n}`, jobId, type, at: Date.now() }, handle);
    },
  };
}
