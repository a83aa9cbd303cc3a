import type { Question } from '#answerdesk/domain.ts';
import type { CreateLadder, LadderAnswer, Rung, RungAnswer } from '#answerdesk/seams/degradation.ts';

class NoAnswerError extends Error {
  readonly status = 500;
}

// TODO: asker and dashboard can tell what kind of answer this is.
function toReply(question: Question, rung: Rung, { text }: RungAnswer): LadderAnswer {
  return { questionId: question.id, text, rung: rung.name, degraded: false, ageMs: 0 };
}

export const createLadder: CreateLadder = (_ports, rungs) => {
  const [best] = rungs;
  if (!best) throw new Error('a ladder has at least one rung');

  return async (question, signal = new AbortController().signal) => {
    signal.throwIfAborted();
    try {
      // TODO: nobody waits for one way to answer longer than it is worth.
      const said = await best.answer(question, signal);
      if (said) return toReply(question, best, said);
    } catch (cause) {
      // TODO: whoever can't have the best answer gets the best one that there is for the question.
      throw new NoAnswerError(`${question.id} was not answered`, { cause });
    }
    throw new NoAnswerError(`${question.id} was not answered`);
  };
};
