// p-timeout 7 for the budget, an AbortController per rung; the ladder is a recursion.
import pTimeout from 'p-timeout';
import type { Question } from '#answerdesk/domain.ts';
import type { CreateLadder, LadderAnswer, Rung } from '#answerdesk/seams/degradation.ts';

export const createLadder: CreateLadder = ({ emit }, rungs) => {
  const ask = async (question: Question, { answer, budgetMs }: Rung, asker: AbortSignal | undefined) => {
    const controller = new AbortController();
    const signal = asker ? AbortSignal.any([controller.signal, asker]) : controller.signal;
    try {
      return await pTimeout(answer(question, signal), { milliseconds: budgetMs, ...(asker && { signal: asker }) });
    } finally {
      controller.abort(); // tidies up as well when the rung has answered
    }
  };

  const descend = async (
    question: Question,
    [rung, ...lower]: readonly Rung[],
    asker: AbortSignal | undefined,
    first?: unknown,
  ): Promise<LadderAnswer> => {
    asker?.throwIfAborted();
    if (!rung) throw new Error(`no rung answered ${question.id}`, { cause: first });
    const said = await ask(question, rung, asker).catch((error: unknown) => {
      first ??= error;
      return null;
    });
    if (!said) return descend(question, lower, asker, first);
    return {
      questionId: question.id,
      text: said.text,
      rung: rung.name,
      degraded: rung !== rungs[0],
      ageMs: said.asOf ? Math.max(0, Date.now() - said.asOf) : 0,
    };
  };

  return async (question, signal) => {
    const fit = rungs.filter(({ mayBeWrong }) => !(mayBeWrong && question.mustBeFresh));
    const reply = await descend(question, fit, signal);
    const { text: _, degraded, ...figures } = reply;
    if (degraded) emit({ type: 'AnswerDegraded', data: { ...figures, tenant: question.tenant } });
    return reply;
  };
};
