// cockatiel 3: an aggressive timeout policy per rung; it takes the caller's signal and hands its own on.
import { isTaskCancelledError, type TimeoutPolicy, TimeoutStrategy, timeout } from 'cockatiel';
import type { CreateLadder, Rung } from '#answerdesk/seams/degradation.ts';

export const createLadder: CreateLadder = ({ emit }, rungs) => {
  const budgets = new Map<Rung, TimeoutPolicy>(
    rungs.map((rung) => [rung, timeout(rung.budgetMs, TimeoutStrategy.Aggressive)]),
  );

  return async (question, asker) => {
    let first: unknown;
    for (const [rung, budget] of budgets) {
      if (asker?.aborted) throw asker.reason;
      if (rung.mayBeWrong && question.mustBeFresh) continue;
      const said = await budget
        .execute(({ signal }) => rung.answer(question, signal), asker)
        .catch((error: Error) => {
          first ??= isTaskCancelledError(error)
            ? new Error(`${rung.name}: no answer in time`, { cause: error })
            : error;
          return null;
        });
      if (said === null) continue;
      const degraded = rung !== rungs[0];
      const ageMs = said.asOf === undefined ? 0 : Date.now() - said.asOf;
      if (degraded) {
        const { id: questionId, tenant } = question;
        emit({ type: 'AnswerDegraded', data: { questionId, tenant, rung: rung.name, ageMs } });
      }
      return { questionId: question.id, text: said.text, rung: rung.name, degraded, ageMs };
    }
    asker?.throwIfAborted();
    throw new Error('every way to answer failed', { cause: first });
  };
};
