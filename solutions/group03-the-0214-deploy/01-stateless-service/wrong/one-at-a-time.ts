// Lets one turn in at a time, whatever its conversation, so that none gets in another's way.
import { Mutex } from 'async-mutex';
import type { CreateConversations, Message } from '#answerdesk/seams/conversation.ts';

type Answered = { id: string; text: string; answer: string };

const messagesOf = (turns: readonly Answered[]) =>
  turns.flatMap(({ text, answer }): Message[] => [
    { from: 'asker', text },
    { from: 'answerdesk', text: answer },
  ]);

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const mutex = new Mutex();
  const editions = new Map<string, string>();

  async function answer(turn: Parameters<ReturnType<CreateConversations>['say']>[0]): Promise<string> {
    const key = JSON.stringify([turn.tenant, turn.conversation]);
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
    say: (turn) => mutex.runExclusive(() => answer(turn)),
    async history(tenant, conversation) {
      const found = await store.load(JSON.stringify([tenant, conversation]));
      return messagesOf((found?.value ?? []) as Answered[]);
    },
  };
};
