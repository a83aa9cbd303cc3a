// Loads a conversation once and then trusts its own copy: what other instances added since is never seen.
import type { CreateConversations, Message } from '#answerdesk/seams/conversation.ts';

interface Kept {
  turns: { id: string; text: string; answer: string }[];
  version: number;
}

const messagesOf = ({ turns }: Kept) =>
  turns.flatMap(({ text, answer }): Message[] => [
    { from: 'asker', text },
    { from: 'answerdesk', text: answer },
  ]);

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const copies = new Map<string, Kept>();
  const handbooks = new Map<string, string>();

  async function conversationOf(tenant: string, conversation: string): Promise<Kept> {
    const key = JSON.stringify([tenant, conversation]);
    const copy = copies.get(key);
    if (copy) return copy;
    const found = await store.load(key);
    const kept = { turns: (found?.value ?? []) as Kept['turns'], version: found?.version ?? 0 };
    copies.set(key, kept);
    if (copies.size > 100) copies.delete(copies.keys().next().value as string);
    return kept;
  }

  return {
    async say(turn) {
      const kept = await conversationOf(turn.tenant, turn.conversation);
      const known = kept.turns.find(({ id }) => id === turn.id);
      if (known) return known.answer;
      const edition = JSON.stringify([turn.tenant, turn.edition]);
      const rules = handbooks.get(edition) ?? (await handbook(turn.tenant, turn.edition));
      handbooks.set(edition, rules);
      const answer = await complete(rules, [...messagesOf(kept), { from: 'asker', text: turn.text }]);
      const key = JSON.stringify([turn.tenant, turn.conversation]);
      const turns = [...kept.turns, { id: turn.id, text: turn.text, answer }];
      const current = await store.load(key);
      const { version } = await store.save(key, turns, current?.version ?? 0);
      Object.assign(kept, { turns, version });
      return answer;
    },
    history: async (tenant, conversation) => messagesOf(await conversationOf(tenant, conversation)),
  };
};
