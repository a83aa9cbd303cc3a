// Callbacks and two lanes: what is expected to be quick goes before the jobs, one slot is kept for it, and who finds no slot has a receipt at once.
import type { Answer } from '#answerdesk/domain.ts';
import type { CreateIntake, JobView, Reply, RoutedQuestion } from '#answerdesk/seams/execution.ts';

type Ended = (error: Error | null, answer?: Answer) => void;

export const createIntake: CreateIntake = ({ answer, emit }, { inlineBudgetMs, concurrency }) => {
  const jobs: Record<string, JobView> = Object.create(null);
  const lane: (() => void)[] = [];
  const slowInARow: Record<string, number> = {};
  let quickOnes = 0;
  let jobsRunning = 0;
  let lastId = 0;

  const note = (route: string, ms: number) => {
    // Three slow answers more than quick ones make a route slow; three quick ones make it quick again.
    const score = (slowInARow[route] ?? 0) + (ms > inlineBudgetMs ? 1 : -1);
    slowInARow[route] = Math.max(0, Math.min(score, 5));
  };
  const work = (question: RoutedQuestion, ended: Ended) => {
    const began = Date.now();
    answer(question).then(
      (result) => {
        note(question.route, Date.now() - began);
        ended(null, result);
      },
      (error) => {
        note(question.route, Date.now() - began);
        ended(error);
      },
    );
  };
  const openJob = (question: RoutedQuestion, state: 'queued' | 'running') => {
    const jobId = (++lastId).toString(36);
    const data = { questionId: question.id, jobId };
    jobs[jobId] = { state };
    emit({ type: 'QuestionAccepted', data });
    const ended: Ended = (error, result) => {
      jobs[jobId] = result ? { state: 'done', answer: result } : { state: 'failed', reason: String(error) };
      emit({ type: error ? 'JobFailed' : 'JobFinished', data });
    };
    const reply: Reply = { status: 202, jobId, location: `/jobs/${jobId}` };
    return { jobId, ended, reply };
  };
  const next = () => {
    while (quickOnes + jobsRunning < concurrency && jobsRunning < concurrency - 1) {
      const begin = lane.shift();
      if (!begin) break;
      jobsRunning++;
      begin();
    }
  };

  return {
    submit: (question) =>
      new Promise((resolve, reject) => {
        const slow = (slowInARow[question.route] ?? 0) >= 3;
        const full = quickOnes + jobsRunning >= concurrency;
        if (slow || full) {
          const { jobId, ended, reply } = openJob(question, 'queued');
          lane.push(() => {
            jobs[jobId] = { state: 'running' };
            work(question, (error, result) => {
              jobsRunning--;
              ended(error, result);
              next();
            });
          });
          resolve(reply);
          return next();
        }
        let onward: Ended | undefined;
        quickOnes++;
        const timer = setTimeout(() => {
          const { ended, reply } = openJob(question, 'running');
          onward = ended;
          resolve(reply);
        }, inlineBudgetMs);
        work(question, (error, result) => {
          clearTimeout(timer);
          quickOnes--;
          if (onward) onward(error, result);
          else if (result) resolve({ status: 200, answer: result });
          else reject(error);
          next();
        });
      }),
    job: (jobId) => jobs[jobId],
  };
};
