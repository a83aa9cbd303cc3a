import { randomUUID } from 'node:crypto';
import type { Answer } from '#answerdesk/domain.ts';
import type { CreateIntake, JobView, RoutedQuestion } from '#answerdesk/seams/execution.ts';

interface Work {
  view: JobView;
}

/** Runs at most `limit` at once, the others in the order in which they came. */
class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** What each route has lately taken. The median, so that one hiccup in a route sends nobody to the queue. */
class Pace {
  static readonly #remembered = 20;
  readonly #tookMs = new Map<string, number[]>();

  note(route: string, tookMs: number): void {
    this.#tookMs.set(route, [...(this.#tookMs.get(route) ?? []), tookMs].slice(-Pace.#remembered));
  }

  /** 0 for a route that nobody has seen: it is tried inline, and the budget still holds. */
  expectedMs(route: string): number {
    const sorted = [...(this.#tookMs.get(route) ?? [])].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}

/** What `work` gives, or `undefined` where it takes longer. It goes on all the same. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export const createIntake: CreateIntake = ({ answer, emit }, policy) => {
  const slots = new Slots(policy.concurrency);
  const pace = new Pace();
  const jobs = new Map<string, Work>();

  async function run(question: RoutedQuestion, work: Work): Promise<Answer> {
    work.view = { state: 'running' };
    const began = Date.now(); // not when it was asked: a long queue says nothing about the route
    return answer(question).finally(() => pace.note(question.route, Date.now() - began));
  }

  function accept(question: RoutedQuestion, work: Work, ending: Promise<Answer>) {
    const jobId = randomUUID();
    const data = { questionId: question.id, jobId };
    const end = (type: 'JobFinished' | 'JobFailed', view: JobView) => {
      work.view = view;
      emit({ type, data });
    };
    jobs.set(jobId, work);
    emit({ type: 'QuestionAccepted', data });
    ending.then(
      (answer) => end('JobFinished', { state: 'done', answer }),
      (error) => end('JobFailed', { state: 'failed', reason: messageOf(error) }),
    );
    return { status: 202, jobId, location: `/jobs/${jobId}` } as const;
  }

  return {
    submit: async (question) => {
      const slow = pace.expectedMs(question.route) > policy.inlineBudgetMs;
      const work: Work = { view: { state: 'queued' } };
      const ending = slots.run(() => run(question, work));
      const answer = slow ? undefined : await within(policy.inlineBudgetMs, ending);
      return answer ? { status: 200, answer } : accept(question, work, ending);
    },
    job: (jobId) => jobs.get(jobId)?.view,
  };
};
