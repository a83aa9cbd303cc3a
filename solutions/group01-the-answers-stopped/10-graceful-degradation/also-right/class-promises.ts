// A class, Promise.race against node:timers/promises, an AggregateError at the end; hears of an asker who left when the rung does.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit, Question } from '#answerdesk/domain.ts';
import type { CreateLadder, LadderAnswer, LadderEvent, Rung, RungAnswer } from '#answerdesk/seams/degradation.ts';

const SPENT = Symbol('budget spent');

class Ladder {
  readonly #emit: Emit<LadderEvent>;
  readonly #rungs: readonly Rung[];

  constructor(emit: Emit<LadderEvent>, rungs: readonly Rung[]) {
    this.#emit = emit;
    this.#rungs = rungs;
  }

  async answer(question: Question, asker?: AbortSignal): Promise<LadderAnswer> {
    const problems: Error[] = [];
    for (const [depth, rung] of this.#rungs.entries()) {
      if (asker?.aborted) break;
      if (question.mustBeFresh === true && rung.mayBeWrong) continue;
      const said = await this.#try(rung, question, asker, problems);
      if (said && !asker?.aborted) return this.#deliver(question, rung, depth, said);
    }
    throw new AggregateError(problems, 'unanswered', { cause: problems[0] });
  }

  async #try(rung: Rung, question: Question, asker: AbortSignal | undefined, problems: Error[]) {
    const budget = new AbortController();
    const timer = new AbortController();
    const hangUp = () => budget.abort(asker?.reason);
    asker?.addEventListener('abort', hangUp);
    try {
      const outOfTime = sleep(rung.budgetMs, SPENT, { signal: timer.signal }).catch(() => SPENT);
      const said = await Promise.race([rung.answer({ ...question }, budget.signal), outOfTime]);
      if (typeof said !== 'symbol') return said;
      budget.abort();
      throw new Error(`${rung.name} took more than ${rung.budgetMs} ms`);
    } catch (problem) {
      problems.push(problem as Error);
      return null;
    } finally {
      timer.abort();
      asker?.removeEventListener('abort', hangUp);
    }
  }

  #deliver(question: Question, { name: rung }: Rung, depth: number, { text, asOf = Date.now() }: RungAnswer) {
    const reply = { questionId: question.id, text, rung, degraded: depth > 0, ageMs: Date.now() - asOf };
    if (reply.degraded) {
      const { questionId, ageMs } = reply;
      this.#emit({ type: 'AnswerDegraded', data: { questionId, tenant: question.tenant, rung, ageMs } });
    }
    return reply;
  }
}

export const createLadder: CreateLadder = ({ emit }, rungs) => {
  const ladder = new Ladder(emit, rungs);
  return (question, signal) => ladder.answer(question, signal);
};
