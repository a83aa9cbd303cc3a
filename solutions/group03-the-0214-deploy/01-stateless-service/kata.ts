import type { CreateConversations, Message, Turn } from '#answerdesk/seams/conversation.ts';

/** What is stored of a conversation: turns with their answers, never one without the other. */
interface AnsweredTurn {
  id: string;
  text: string;
  answer: string;
}

const MOST_HANDBOOKS = 200;

/** Two parts never make the key of two others. */
const keyOf = (...parts: string[]) => JSON.stringify(parts);

const messagesOf = (turns: readonly AnsweredTurn[]) =>
  turns.flatMap(({ text, answer }): Message[] => [
    { from: 'asker', text },
    { from: 'answerdesk', text: answer },
  ]);

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  // An edition never changes, so a copy can't be wrong, only gone: then it is read again.
  const handbooks = new Map<string, Promise<string>>();

  function handbookFor({ tenant, edition }: Turn): Promise<string> {
    const key = keyOf(tenant, edition);
    const text = handbooks.get(key) ?? handbook(tenant, edition);
    handbooks.delete(key); // the last used stands last
    handbooks.set(key, text);
    text.catch(() => handbooks.delete(key));
    const [oldest] = handbooks.keys();
    if (handbooks.size > MOST_HANDBOOKS && oldest !== undefined) handbooks.delete(oldest);
    return text;
  }

  async function load(tenant: string, conversation: string) {
    const found = await store.load(keyOf(tenant, conversation));
    return { turns: (found?.value ?? []) as AnsweredTurn[], version: found?.version ?? 0 };
  }

  return {
    async say(turn) {
      for (;;) {
        const { turns, version } = await load(turn.tenant, turn.conversation);
        const known = turns.find(({ id }) => id === turn.id);
        if (known) return known.answer;

        const messages = [...messagesOf(turns), { from: 'asker' as const, text: turn.text }];
        const answer = await complete(await handbookFor(turn), messages);
        const answered: AnsweredTurn = { id: turn.id, text: turn.text, answer };
        try {
          await store.save(keyOf(turn.tenant, turn.conversation), [...turns, answered], version);
          return answer;
        } catch (error) {
          // Something was said meanwhile that this answer doesn't know of, or this very turn was answered elsewhere.
          if ((error as { code?: string }).code !== 'VERSION_CONFLICT') throw error;
        }
      }
    },

    async history(tenant, conversation) {
      return messagesOf((await load(tenant, conversation)).turns);
    },
  };
};
