// One turn of a conversation at a time in each process (async-mutex), the store's version between processes, handbooks by dataloader.
import { Mutex } from 'async-mutex';
import DataLoader from 'dataloader';
import type { CreateConversations, Message, Turn } from '#answerdesk/seams/conversation.ts';

interface Stored {
  order: string[];
  turns: Record<string, { text: string; answer: string }>;
}
interface EditionKey {
  tenant: string;
  edition: string;
}

// What is shared by all instances of a process: locks of conversations that somebody is waiting for, and nothing else.
const locks = new Map<string, { mutex: Mutex; waiting: number }>();

async function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
  const lock = locks.get(key) ?? { mutex: new Mutex(), waiting: 0 };
  locks.set(key, lock);
  lock.waiting++;
  try {
    return await lock.mutex.runExclusive(work);
  } finally {
    if (--lock.waiting === 0) locks.delete(key);
  }
}

class Bounded<V> extends Map<string, V> {
  override set(key: string, value: V): this {
    const [oldest] = this.keys();
    if (this.size >= 100 && oldest !== undefined) this.delete(oldest);
    return super.set(key, value);
  }
}

function messages({ order, turns }: Stored): Message[] {
  return order.flatMap((id) => {
    const { text = '', answer = '' } = turns[id] ?? {};
    return [
      { from: 'asker' as const, text },
      { from: 'answerdesk' as const, text: answer },
    ];
  });
}

export const createConversations: CreateConversations = ({ store, handbook, complete }) => {
  const keyOf = (tenant: string, conversation: string) => JSON.stringify({ tenant, conversation });
  const editions = new DataLoader<EditionKey, string, string>(
    (keys) => Promise.all(keys.map(({ tenant, edition }) => handbook(tenant, edition).catch((error: Error) => error))),
    { batch: false, cacheKeyFn: ({ tenant, edition }) => keyOf(tenant, edition), cacheMap: new Bounded() },
  );
  const rulesFor = async (key: EditionKey) => {
    try {
      return await editions.load(key);
    } catch (error) {
      editions.clear(key);
      throw error;
    }
  };

  async function answer(turn: Turn): Promise<string> {
    const { id, tenant, conversation, text, edition } = turn;
    const key = keyOf(tenant, conversation);
    const found = await store.load(key);
    const stored = (found?.value as Stored | undefined) ?? { order: [], turns: {} };
    const known = stored.turns[id];
    if (known) return known.answer;
    const said = await complete(await rulesFor({ tenant, edition }), [...messages(stored), { from: 'asker', text }]);
    const next: Stored = { order: [...stored.order, id], turns: { ...stored.turns, [id]: { text, answer: said } } };
    try {
      await store.save(key, next, found?.version ?? 0);
      return said;
    } catch (error) {
      if ((error as { code?: string }).code === 'VERSION_CONFLICT') return answer(turn);
      throw error;
    }
  }

  return {
    say: (turn) => alone(keyOf(turn.tenant, turn.conversation), () => answer(turn)),
    async history(tenant, conversation) {
      const found = await store.load(keyOf(tenant, conversation));
      return found ? messages(found.value as Stored) : [];
    },
  };
};
