import type { CreateIntake, JobView } from '#answerdesk/seams/execution.ts';

interface RouteTimes {
  answers: number;
  totalMs: number;
}

export const createIntake: CreateIntake = ({ answer }, policy) => {
  const jobs = new Map<string, JobView>();
  const waiting: (() => void)[] = [];
  const times = new Map<string, RouteTimes>();
  let underWay = 0;

  async function takeSlot(): Promise<void> {
    if (underWay < policy.concurrency) underWay++;
    else await new Promise<void>((begin) => waiting.push(begin));
  }

  function giveSlotBack(): void {
    const next = waiting.shift();
    if (next) next();
    else underWay--;
  }

  // The dashboard's table of routes is filled from this.
  // TODO: a caller whose question is sure to take too long learns so at once, and a route that has changed is noticed.
  function noteTime(route: string, tookMs: number): void {
    const { answers, totalMs } = times.get(route) ?? { answers: 0, totalMs: 0 };
    times.set(route, { answers: answers + 1, totalMs: totalMs + tookMs });
  }

  return {
    // TODO: nobody is kept longer than the policy allows, and no question is lost for it.
    submit: async (question) => {
      await takeSlot();
      const began = Date.now();
      try {
        return { status: 200, answer: await answer(question) };
      } finally {
        noteTime(question.route, Date.now() - began);
        giveSlotBack();
      }
    },

    // TODO: whoever was given a receipt can see what became of the question, and so can the event log.
    job: (jobId) => jobs.get(jobId),
  };
};
