// Affinity: the first instance writes its name into the conversation, and the others send the asker back to it.
import { randomUUID } from 'node:crypto';
import type { CreateConversations, Message } from '#answerdesk/seams/conversation.ts';

interface Owned {
  owner: string;
  messages: Message[];
  answers: Record<string, string>;
}

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const instance = randomUUID();

  return {
    async say(turn) {
      const key = JSON.stringify([turn.tenant, turn.conversation]);
      const found = await store.load(key);
      const owned = (found?.value ?? { owner: instance, messages: [], answers: {} }) as Owned;
      if (owned.owner !== instance) throw Object.assign(new Error(`ask ${owned.owner}`), { code: 'MISDIRECTED' });
      const known = owned.answers[turn.id];
      if (known !== undefined) return known;
      const messages: Message[] = [...owned.messages, { from: 'asker', text: turn.text }];
      const answer = await complete(await handbook(turn.tenant, turn.edition), messages);
      const next: Owned = {
        owner: instance,
        messages: [...messages, { from: 'answerdesk', text: answer }],
        answers: { ...owned.answers, [turn.id]: answer },
      };
      await store.save(key, next, found?.version ?? 0);
      return answer;
    },
    async history(tenant, conversation) {
      const found = await store.load(JSON.stringify([tenant, conversation]));
      return ((found?.value as Owned | undefined)?.messages ?? []) as Message[];
    },
  };
};
