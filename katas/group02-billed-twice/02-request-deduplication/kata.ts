import type { AskedQuestion, CreateDeduplication } from '#answerdesk/seams/deduplication.ts';

export const createDeduplication: CreateDeduplication = ({ ask, identityOf, emit }) => {
  const underWay = new Map<string, number>();
  const handled = new Set<string>();

  function count(question: AskedQuestion, change: 1 | -1): number {
    const identity = identityOf(question);
    const now = (underWay.get(identity) ?? 0) + change;
    if (now > 0) underWay.set(identity, now);
    else underWay.delete(identity);
    return now;
  }

  return {
    // TODO: what several askers may share is generated and billed once, and none of them is worse off for sharing it.
    async ask(question, options) {
      // The dashboard shows how much of the traffic is the same question.
      if (count(question, 1) > 1) emit({ type: 'QuestionCoalesced', data: { questionId: question.id } });
      try {
        return await ask(question, options);
      } finally {
        count(question, -1);
      }
    },

    async receive(messageId, handle) {
      if (handled.has(messageId)) {
        emit({ type: 'MessageDropped', data: { messageId } });
        return 'duplicate';
      }
      // TODO: a message that comes again while it is being handled isn't handled twice, nor lost when that fails.
      await handle();

      // TODO: what is remembered is bounded in time and in number.
      handled.add(messageId);
      return 'handled';
    },
  };
};
