// Promise map and seen-set as they are mostly written: the set grows for ever, and the first asker's call is everybody's.
import type { Answer } from '#answerdesk/domain.ts';
import type { CreateDeduplication } from '#answerdesk/seams/deduplication.ts';

export const createDeduplication: CreateDeduplication = ({ ask, identityOf, emit }) => {
  const inFlight = new Map<string, Promise<Answer>>();
  const seen = new Set<string>();
  return {
    ask: async (question, options) => {
      const key = `${question.tenant}:${question.audience}:${identityOf(question)}`;
      const known = inFlight.get(key);
      if (known) emit({ type: 'QuestionCoalesced', data: { questionId: question.id } });
      const call = known ?? ask(question, options).finally(() => inFlight.delete(key));
      inFlight.set(key, call);
      return { ...(await call), questionId: question.id };
    },
    receive: async (messageId, handle) => {
      if (seen.has(messageId)) {
        emit({ type: 'MessageDropped', data: { messageId } });
        return 'duplicate';
      }
      seen.add(messageId);
      try {
        await handle();
      } catch (error) {
        seen.delete(messageId);
        throw error;
      }
      return 'handled';
    },
  };
};
