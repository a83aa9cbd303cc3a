// Stays on the rung that last answered: after the outage everybody still gets an old answer.
import type { CreateLadder, Rung } from '#answerdesk/seams/degradation.ts';

export const createLadder: CreateLadder = ({ emit }, rungs) => {
  let top = 0;
  return async (question, signal) => {
    const failures: unknown[] = [];
    for (let height = top; height < rungs.length; height++) {
      const rung = rungs[height] as Rung;
      if (question.mustBeFresh && rung.mayBeWrong) continue;
      signal?.throwIfAborted();
      const budget = AbortSignal.timeout(rung.budgetMs);
      const stop = signal ? AbortSignal.any([signal, budget]) : budget;
      const stopped = new Promise<never>((_, reject) => {
        stop.addEventListener('abort', () => reject(stop.reason));
      });
      stopped.catch(() => {});
      try {
        const said = await Promise.race([rung.answer(question, stop), stopped]);
        if (!said) continue;
        top = height;
        const ageMs = said.asOf === undefined ? 0 : Date.now() - said.asOf;
        const reply = { questionId: question.id, text: said.text, rung: rung.name, degraded: height > 0, ageMs };
        if (height > 0)
          emit({
            type: 'AnswerDegraded',
            data: { questionId: question.id, tenant: question.tenant, rung: rung.name, ageMs },
          });
        return reply;
      } catch (error) {
        failures.push(error);
      }
    }
    signal?.throwIfAborted();
    throw new Error('nothing left', { cause: failures[0] });
  };
};
