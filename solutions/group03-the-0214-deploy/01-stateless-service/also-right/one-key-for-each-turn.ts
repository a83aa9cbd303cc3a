// Each turn is a value of its own, written once at its place; who finds the place taken reads on and answers anew.
import type {
  ConversationPorts,
  Conversations,
  CreateConversations,
  Message,
  Turn,
} from '#answerdesk/seams/conversation.ts';

interface Entry {
  id: string;
  text: string;
  answer: string;
}

class ConversationLog implements Conversations {
  readonly #ports: ConversationPorts;
  readonly #handbooks: { key: string; text: string }[] = [];

  constructor(ports: ConversationPorts) {
    this.#ports = ports;
  }

  async say(turn: Turn): Promise<string> {
    const entries = await this.#read(turn.tenant, turn.conversation);
    const before = entries.find(({ id }) => id === turn.id);
    if (before) return before.answer;
    const asked: Message[] = [...entries.flatMap(asMessages), { from: 'asker', text: turn.text }];
    const answer = await this.#ports.complete(await this.#handbook(turn), asked);
    const taken = await this.#ports.store
      .save(place(turn.tenant, turn.conversation, entries.length), { id: turn.id, text: turn.text, answer }, 0)
      .then(() => false)
      .catch((error: { code?: string }) => {
        if (error.code === 'VERSION_CONFLICT') return true;
        throw error;
      });
    return taken ? this.say(turn) : answer;
  }

  async history(tenant: string, conversation: string): Promise<Message[]> {
    return (await this.#read(tenant, conversation)).flatMap(asMessages);
  }

  async #read(tenant: string, conversation: string): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (;;) {
      const found = await this.#ports.store.load(place(tenant, conversation, entries.length));
      if (!found) return entries;
      entries.push(found.value as Entry);
    }
  }

  async #handbook({ tenant, edition }: Turn): Promise<string> {
    const key = JSON.stringify([tenant, edition]);
    const known = this.#handbooks.find((one) => one.key === key);
    if (known) return known.text;
    const text = await this.#ports.handbook(tenant, edition);
    this.#handbooks.unshift({ key, text });
    this.#handbooks.length = Math.min(this.#handbooks.length, 50);
    return text;
  }
}

const place = (tenant: string, conversation: string, n: number) => JSON.stringify([tenant, conversation, n]);
const asMessages = ({ text, answer }: Entry): Message[] => [
  { from: 'asker', text },
  { from: 'answerdesk', text: answer },
];

export const createConversations: CreateConversations = (ports) => new ConversationLog(ports);
