// Saves against the right version, but shows the history from its own copy: what was said elsewhere is missing.
import type { CreateConversations, Message } from '#answerdesk/seams/conversation.ts';

type Answered = { id: string; text: string; answer: string };

const messagesOf = (turns: readonly Answered[]) =>
  turns.flatMap(({ text, answer }): Message[] => [
    { from: 'asker', text },
    { from: 'answerdesk', text: answer },
  ]);

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const copies = new Map<string, { turns: Answered[]; version: number }>();
  const editions = new Map<string, string>();

  async function load(key: string) {
    const found = await store.load(key);
    const copy = { turns: (found?.value ?? []) as Answered[], version: found?.version ?? 0 };
    copies.set(key, copy);
    if (copies.size > 100) copies.delete(copies.keys().next().value as string);
    return copy;
  }
  async function rulesFor(tenant: string, edition: string) {
    const key = JSON.stringify([tenant, edition]);
    const text = editions.get(key) ?? (await handbook(tenant, edition));
    editions.set(key, text);
    return text;
  }

  return {
    async say({ id, tenant, conversation, text, edition }) {
      const key = JSON.stringify([tenant, conversation]);
      for (;;) {
        const { turns, version } = await load(key);
        const known = turns.find((turn) => turn.id === id);
        if (known) return known.answer;
        const answer = await complete(await rulesFor(tenant, edition), [...messagesOf(turns), { from: 'asker', text }]);
        try {
          await store.save(key, [...turns, { id, text, answer }], version);
          await load(key);
          return answer;
        } catch (error) {
          if ((error as { code?: string }).code !== 'VERSION_CONFLICT') throw error;
        }
      }
    },
    async history(tenant, conversation) {
      const key = JSON.stringify([tenant, conversation]);
      return messagesOf((copies.get(key) ?? (await load(key))).turns);
    },
  };
};
