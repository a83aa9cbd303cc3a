// Keeps copies of conversations, from which it answers without a load; the store's version tells whether one was old.
import type { CreateConversations, Message } from '#answerdesk/seams/conversation.ts';

interface Copy {
  messages: Message[];
  answers: Record<string, string>;
  version: number;
}

/** The last few that were used. */
function recent<T>(most: number) {
  const kept = new Map<string, T>();
  return {
    get: (key: string) => kept.get(key),
    forget: (key: string) => kept.delete(key),
    keep(key: string, value: T): T {
      kept.delete(key);
      kept.set(key, value);
      for (const oldest of kept.keys()) {
        if (kept.size <= most) break;
        kept.delete(oldest);
      }
      return value;
    },
  };
}

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const copies = recent<Copy>(50);
  const editions = recent<string>(100);
  const keyOf = (tenant: string, conversation: string) => `${tenant.length}:${tenant}/${conversation}`;

  const load = async (key: string): Promise<Copy> => {
    const found = await store.load(key);
    const stored = (found?.value ?? { messages: [], answers: {} }) as Omit<Copy, 'version'>;
    return copies.keep(key, { ...stored, version: found?.version ?? 0 });
  };
  const rules = async (tenant: string, edition: string) => {
    const key = keyOf(tenant, edition);
    return editions.get(key) ?? editions.keep(key, await handbook(tenant, edition));
  };

  return {
    async say({ id, tenant, conversation, text, edition }) {
      const key = keyOf(tenant, conversation);
      for (let copy = copies.get(key) ?? (await load(key)); ; copy = await load(key)) {
        const given = copy.answers[id];
        if (given !== undefined) return given;
        const asked: Message[] = [...copy.messages, { from: 'asker', text }];
        const answer = await complete(await rules(tenant, edition), asked);
        const messages: Message[] = [...asked, { from: 'answerdesk', text: answer }];
        const next = { messages, answers: { ...copy.answers, [id]: answer } };
        try {
          const { version } = await store.save(key, next, copy.version);
          copies.keep(key, { ...next, version });
          return answer;
        } catch (error) {
          copies.forget(key);
          if ((error as { code?: string }).code !== 'VERSION_CONFLICT') throw error;
        }
      }
    },
    history: async (tenant, conversation) => (await load(keyOf(tenant, conversation))).messages,
  };
};
