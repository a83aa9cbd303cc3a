// Remembers each turn's promise so that two senders share one answer, and never forgets one.
import type { CreateConversations, Message, Turn } from '#answerdesk/seams/conversation.ts';

type Answered = { id: string; text: string; answer: string };

const messagesOf = (turns: readonly Answered[]) =>
  turns.flatMap(({ text, answer }): Message[] => [
    { from: 'asker', text },
    { from: 'answerdesk', text: answer },
  ]);

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const underWay = new Map<string, Promise<string>>();
  const editions = new Map<string, string>();

  async function answer(key: string, turn: Turn): Promise<string> {
    for (;;) {
      const found = await store.load(key);
      const turns = (found?.value ?? []) as Answered[];
      const known = turns.find(({ id }) => id === turn.id);
      if (known) return known.answer;
      const edition = JSON.stringify([turn.tenant, turn.edition]);
      const rules = editions.get(edition) ?? (await handbook(turn.tenant, turn.edition));
      editions.set(edition, rules);
      if (editions.size > 100) editions.delete(editions.keys().next().value as string);
      const text = await complete(rules, [...messagesOf(turns), { from: 'asker', text: turn.text }]);
      try {
        await store.save(key, [...turns, { id: turn.id, text: turn.text, answer: text }], found?.version ?? 0);
        return text;
      } catch (error) {
        if ((error as { code?: string }).code !== 'VERSION_CONFLICT') throw error;
      }
    }
  }

  return {
    say(turn) {
      const key = JSON.stringify([turn.tenant, turn.conversation]);
      const one = JSON.stringify([key, turn.id]);
      const promise = underWay.get(one) ?? answer(key, turn);
      underWay.set(one, promise);
      promise.catch(() => underWay.delete(one));
      return promise;
    },
    async history(tenant, conversation) {
      const found = await store.load(JSON.stringify([tenant, conversation]));
      return messagesOf((found?.value ?? []) as Answered[]);
    },
  };
};
