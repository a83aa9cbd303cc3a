import type { Emit } from './domain.ts';
import type { JobEventType } from './seams/job-state.ts';
import type { Seams } from './seams.ts';

/** Keeps each question's job in step with what happens to it. An event that its phase doesn't allow is noted, not obeyed. */
export function createJobLog(seams: Seams, emit: Emit) {
  const jobs = seams.createJobs({ emit: ({ type, data }) => emit({ type, data: { ...data } }) });
  const counts = new Map<string, number>();

  return {
    note(jobId: string, type: JobEventType): void {
      const n = (counts.get(jobId) ?? 0) + 1;
      counts.set(jobId, n);
      try {
        jobs.apply({ id: `${jobId}/${n}`, jobId, type, at: Date.now() });
      } catch (error) {
        if ((error as { code?: string }).code !== 'ILLEGAL_TRANSITION') throw error;
        emit({ type: 'JobEventRefused', data: { jobId, event: type } });
      }
    },
  };
}
