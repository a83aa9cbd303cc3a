// dataloader as the map of calls under way: `cache` merges, `clear` forgets. Messages: timers forget, promises queue up.
import DataLoader from 'dataloader';
import type { Answer } from '#answerdesk/domain.ts';
import type { AskedQuestion, CreateDeduplication } from '#answerdesk/seams/deduplication.ts';

interface Shared {
  question: AskedQuestion;
  waiting: Set<object>;
  stop: AbortController;
}

export const createDeduplication: CreateDeduplication = ({ ask, identityOf, emit }, { windowMs, capacity }) => {
  const shared = new Map<string, Shared>();
  const keyOf = ({ question }: Shared) => `${question.tenant}/${question.audience ?? ''}/${identityOf(question)}`;
  // Its values are calls, not answers: a hit in the same batch as another question's load mustn't wait for that one.
  const loader = new DataLoader<Shared, { answer: Promise<Answer> }, string>(
    async (all) => all.map(({ question, stop }) => ({ answer: ask(question, { signal: stop.signal }) })),
    { cacheKeyFn: keyOf },
  );

  const drop = (key: string, one: Shared) => {
    if (shared.get(key) !== one) return;
    shared.delete(key);
    loader.clear(one);
  };

  const handling = new Map<string, Promise<void>>();
  const handled = new Map<string, NodeJS.Timeout>();
  const forget = (messageId: string) => {
    clearTimeout(handled.get(messageId));
    handled.delete(messageId);
  };

  return {
    ask: (question, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const fresh: Shared = { question, waiting: new Set(), stop: new AbortController() };
        const key = keyOf(fresh);
        const one = shared.get(key) ?? fresh;
        if (one === fresh) shared.set(key, one);
        else emit({ type: 'QuestionCoalesced', data: { questionId: question.id } });

        const me = {};
        one.waiting.add(me);
        const leave = () => {
          one.waiting.delete(me);
          reject(signal?.reason);
          if (one.waiting.size > 0) return;
          drop(key, one);
          one.stop.abort();
        };
        signal?.addEventListener('abort', leave);
        void loader
          .load(one)
          .then(({ answer }) => answer)
          .then(
            ({ text }) => resolve({ questionId: question.id, text }),
            (error: Error) => reject(error),
          )
          .finally(() => {
            drop(key, one);
            signal?.removeEventListener('abort', leave);
          });
      }),

    receive: async (messageId, handle) => {
      // Whoever comes while it is handled takes the next turn, and finds that it was, or tries.
      while (handling.has(messageId)) await handling.get(messageId)?.catch(() => {});
      if (handled.has(messageId)) {
        emit({ type: 'MessageDropped', data: { messageId } });
        return 'duplicate';
      }
      const turn = handle();
      handling.set(messageId, turn);
      try {
        await turn;
      } finally {
        handling.delete(messageId);
      }
      handled.set(
        messageId,
        setTimeout(() => forget(messageId), windowMs),
      );
      const [oldest = messageId] = handled.keys();
      if (handled.size > capacity) forget(oldest);
      return 'handled';
    },
  };
};
