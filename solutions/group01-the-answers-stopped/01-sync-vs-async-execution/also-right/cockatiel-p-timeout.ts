// cockatiel's bulkhead for the slots and p-timeout for the hand-over; the 95th percentile of the last twenty.
import { bulkhead } from 'cockatiel';
import pTimeout from 'p-timeout';
import type { CreateIntake, JobView, Reply, RoutedQuestion } from '#answerdesk/seams/execution.ts';

const p95 = (times: number[]) => [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1] ?? 0;

export const createIntake: CreateIntake = ({ answer, emit }, policy) => {
  const slots = bulkhead(policy.concurrency, Number.MAX_SAFE_INTEGER);
  const jobs = new Map<string, JobView>();
  const times = new Map<string, number[]>();

  const timed = async (question: RoutedQuestion) => {
    const start = Date.now();
    try {
      return await answer(question);
    } finally {
      times.set(question.route, [Date.now() - start, ...(times.get(question.route) ?? [])].slice(0, 20));
    }
  };

  return {
    async submit(question) {
      const jobId = `job-${question.id}`;
      const seen = { status: 'queued' as 'queued' | 'running', accepted: false };
      const see = (view: JobView) => seen.accepted && jobs.set(jobId, view);
      const work = slots.execute(() => {
        seen.status = 'running';
        see({ state: 'running' });
        return timed(question);
      });

      const accept = (): Reply => {
        seen.accepted = true;
        see({ state: seen.status });
        const data = { questionId: question.id, jobId };
        emit({ type: 'QuestionAccepted', data });
        work
          .then((result) => {
            see({ state: 'done', answer: result });
            emit({ type: 'JobFinished', data });
          })
          .catch((error: Error) => {
            see({ state: 'failed', reason: error.message });
            emit({ type: 'JobFailed', data });
          });
        return { status: 202, jobId, location: `/jobs/${jobId}` };
      };

      if (p95(times.get(question.route) ?? []) > policy.inlineBudgetMs) return accept();
      return pTimeout(
        work.then((result): Reply => ({ status: 200, answer: result })),
        { milliseconds: policy.inlineBudgetMs, fallback: accept },
      );
    },
    job: async (jobId) => jobs.get(jobId),
  };
};
