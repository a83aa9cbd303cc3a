// Serves from a module variable and writes every turn to the store as a backup, which only a restart reads.
import type { CreateConversations, Message } from '#answerdesk/seams/conversation.ts';

interface Conversation {
  messages: Message[];
  answers: Record<string, string>;
}

const conversations = new Map<string, Conversation>();
const versions = new Map<string, number>();

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  async function restore(key: string): Promise<Conversation> {
    const known = conversations.get(key);
    if (known) return known;
    const found = await store.load(key);
    const restored = (found?.value ?? { messages: [], answers: {} }) as Conversation;
    conversations.set(key, restored);
    versions.set(key, found?.version ?? 0);
    return restored;
  }

  return {
    async say(turn) {
      const key = JSON.stringify([turn.tenant, turn.conversation]);
      const { messages, answers } = await restore(key);
      const known = answers[turn.id];
      if (known !== undefined) return known;
      const question: Message = { from: 'asker', text: turn.text };
      const answer = await complete(await handbook(turn.tenant, turn.edition), [...messages, question]);
      messages.push(question, { from: 'answerdesk', text: answer });
      answers[turn.id] = answer;
      const { version } = await store.save(key, { messages, answers }, versions.get(key) ?? 0);
      versions.set(key, version);
      return answer;
    },
    history: async (tenant, conversation) => [...(await restore(JSON.stringify([tenant, conversation]))).messages],
  };
};
