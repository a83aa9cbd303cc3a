// Asks all rungs at once and takes the best that comes: each question costs two models and a search.
import type { CreateLadder } from '#answerdesk/seams/degradation.ts';

export const createLadder: CreateLadder = ({ emit }, rungs) => {
  return async (question, signal) => {
    signal?.throwIfAborted();
    const eligible = rungs.filter((rung) => !(question.mustBeFresh && rung.mayBeWrong));
    const answers = await Promise.allSettled(
      eligible.map((rung) => {
        const budget = AbortSignal.timeout(rung.budgetMs);
        const stop = signal ? AbortSignal.any([signal, budget]) : budget;
        const stopped = new Promise<never>((_, reject) => {
          stop.addEventListener('abort', () => reject(stop.reason));
        });
        return Promise.race([rung.answer(question, stop), stopped]);
      }),
    );
    signal?.throwIfAborted();
    for (const [n, outcome] of answers.entries()) {
      const rung = eligible[n];
      if (!rung || outcome.status === 'rejected' || !outcome.value) continue;
      const { text, asOf } = outcome.value;
      const ageMs = asOf === undefined ? 0 : Date.now() - asOf;
      const data = { questionId: question.id, rung: rung.name, ageMs };
      if (rung !== rungs[0]) emit({ type: 'AnswerDegraded', data: { ...data, tenant: question.tenant } });
      return { ...data, text, degraded: rung !== rungs[0] };
    }
    throw new Error('nothing left', { cause: answers.find(({ status }) => status === 'rejected') });
  };
};
