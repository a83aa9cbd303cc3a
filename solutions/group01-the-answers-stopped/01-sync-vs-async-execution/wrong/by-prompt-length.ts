// Decides by the length of the prompt: a long text that is in the cache goes to the queue, a short one for a slow tool is waited for.
import { randomUUID } from 'node:crypto';
import type { CreateIntake, JobView, RoutedQuestion } from '#answerdesk/seams/execution.ts';

const LONG = 500;

export const createIntake: CreateIntake = ({ answer, emit }, policy) => {
  const jobs = new Map<string, JobView>();
  const waiting: (() => void)[] = [];
  let underWay = 0;

  async function inSlot(question: RoutedQuestion, begun = () => {}) {
    if (underWay < policy.concurrency) underWay++;
    else await new Promise<void>((begin) => waiting.push(begin));
    begun();
    try {
      return await answer(question);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else underWay--;
    }
  }

  return {
    submit: async (question) => {
      if (question.text.length < LONG) return { status: 200, answer: await inSlot(question) };
      const jobId = randomUUID();
      const data = { questionId: question.id, jobId };
      jobs.set(jobId, { state: 'queued' });
      emit({ type: 'QuestionAccepted', data });
      inSlot(question, () => jobs.set(jobId, { state: 'running' })).then(
        (answer) => {
          jobs.set(jobId, { state: 'done', answer });
          emit({ type: 'JobFinished', data });
        },
        (error) => {
          jobs.set(jobId, { state: 'failed', reason: String(error) });
          emit({ type: 'JobFailed', data });
        },
      );
      return { status: 202, jobId, location: `/jobs/${jobId}` };
    },
    job: (jobId) => jobs.get(jobId),
  };
};
