// A dataloader as it comes: it merges what comes in one tick, and then keeps every answer, and every failure, for ever.
import DataLoader from 'dataloader';
import type { Answer } from '#answerdesk/domain.ts';
import type { AskedQuestion, CreateDeduplication } from '#answerdesk/seams/deduplication.ts';

export const createDeduplication: CreateDeduplication = ({ ask, identityOf, emit }, { windowMs, capacity }) => {
  const loader = new DataLoader<AskedQuestion, Answer, string>(
    async (questions) => Promise.all(questions.map((question) => ask(question).catch((error: Error) => error))),
    { cacheKeyFn: (question) => JSON.stringify([question.tenant, question.audience, identityOf(question)]) },
  );
  const handled = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();

  return {
    ask: async (question) => ({ ...(await loader.load(question)), questionId: question.id }),

    receive: async (messageId, handle) => {
      await underWay.get(messageId);
      if (Date.now() - (handled.get(messageId) ?? -Infinity) < windowMs) {
        emit({ type: 'MessageDropped', data: { messageId } });
        return 'duplicate';
      }
      const work = handle();
      underWay.set(messageId, work);
      try {
        await work;
      } finally {
        underWay.delete(messageId);
      }
      handled.delete(messageId);
      handled.set(messageId, Date.now());
      const [oldest = messageId] = handled.keys();
      if (handled.size > capacity) handled.delete(oldest);
      return 'handled';
    },
  };
};
