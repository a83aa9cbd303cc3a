// Counts each budget from when the question came, not from when its rung was asked: a slow rung eats those below it.
import type { Question } from '#answerdesk/domain.ts';
import type { CreateLadder, LadderAnswer, Rung, RungAnswer } from '#answerdesk/seams/degradation.ts';

class BudgetSpentError extends Error {
  override name = 'TimeoutError';
}
class NoAnswerError extends Error {
  readonly status = 503;
}

/** Asks one rung within its budget. Doesn't rely on the rung to stop when it is told to. */
function askWithin(rung: Rung, question: Question, came: number, caller?: AbortSignal): Promise<RungAnswer | null> {
  const budget = new AbortController();
  const signal = caller ? AbortSignal.any([budget.signal, caller]) : budget.signal;
  const spent = new BudgetSpentError(`${rung.name} did not answer within ${rung.budgetMs} ms`);
  const timer = setTimeout(() => budget.abort(spent), came + rung.budgetMs - Date.now());

  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([rung.answer(question, signal), stopped]).finally(() => clearTimeout(timer));
}

function toReply(question: Question, rung: Rung, degraded: boolean, { text, asOf }: RungAnswer): LadderAnswer {
  const ageMs = asOf === undefined ? 0 : Date.now() - asOf;
  return { questionId: question.id, text, rung: rung.name, degraded, ageMs };
}

export const createLadder: CreateLadder = ({ emit }, rungs) => {
  /** Every question starts at the top: what one met says nothing certain about the next. */
  async function climbDown(question: Question, caller?: AbortSignal): Promise<LadderAnswer> {
    const came = Date.now();
    const failures: unknown[] = [];
    for (const rung of rungs) {
      if (question.mustBeFresh && rung.mayBeWrong) continue;
      caller?.throwIfAborted();
      try {
        const said = await askWithin(rung, question, came, caller);
        if (said) return toReply(question, rung, rung !== rungs[0], said);
      } catch (error) {
        failures.push(error);
      }
    }
    caller?.throwIfAborted();
    throw new NoAnswerError(`no way to answer ${question.id} was left`, { cause: failures[0] });
  }

  return async (question, signal) => {
    const reply = await climbDown(question, signal);
    const { questionId, rung, ageMs } = reply;
    if (reply.degraded) emit({ type: 'AnswerDegraded', data: { questionId, tenant: question.tenant, rung, ageMs } });
    return reply;
  };
};
