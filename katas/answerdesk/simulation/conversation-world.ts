import { between, roll } from '#kit/seeded.ts';
import type { ConversationPorts, Conversations, CreateConversations, Message, Turn } from '../seams/conversation.ts';
import { VersionedValues } from './checked-stores.ts';
import { type Interfere, Mortal } from './mortal.ts';

export type Port = 'load' | 'save' | 'handbook' | 'complete';

export interface ModelCall {
  instance: string;
  handbook: string;
  messages: Message[];
  answer: string;
}

/** A turn as it was sent to one instance, and what came back. `endedAt` is absent while its sender waits. */
export interface Said {
  turn: Turn;
  instance: Instance;
  at: number;
  endedAt?: number;
  answer?: string;
  failure?: Error & { code?: string };
}

/** The outside of all instances: the store, the handbooks and the model. */
export class ConversationWorld {
  readonly calls: ModelCall[] = [];
  readonly reads: { instance: string; tenant: string; edition: string }[] = [];
  readonly stored = new VersionedValues();
  interfere: Interfere<Port> = () => undefined;
  readonly seed: number;
  readonly now: () => number;

  constructor(seed: number, now: () => number) {
    this.seed = seed;
    this.now = now;
  }

  instance(name: string, create: CreateConversations): Instance {
    return new Instance(this, name, create);
  }

  textOf(tenant: string, edition: string): string {
    return `Handbook of ${tenant}, ${edition}: refunds within ${between(this.seed, `${tenant} ${edition}`, 7, 90)} days`;
  }

  /** The call that came to this answer. */
  callOf(answer: string | undefined): ModelCall | undefined {
    return this.calls.find((call) => call.answer === answer);
  }

  /** How often the model was asked this. */
  asked({ text }: Turn): number {
    return this.calls.filter(({ messages }) => messages.at(-1)?.text === text).length;
  }

  ports(instance: Instance): ConversationPorts {
    const does = <T>(port: Port, key: string, low: number, high: number, work: () => T) =>
      instance.call(port, between(this.seed, `${port} ${key} ${this.now()}`, low, high), work);
    return {
      store: {
        load: (key) => does('load', key, 2, 12, () => this.stored.load(key)),
        save: (key, value, expected) => {
          const copy = JSON.stringify(value);
          return does('save', key, 4, 25, () => this.stored.save(key, copy, expected));
        },
      },
      handbook: (tenant, edition) => {
        this.reads.push({ instance: instance.name, tenant, edition });
        return does('handbook', `${tenant} ${edition}`, 100, 300, () => this.textOf(tenant, edition));
      },
      complete: (handbook, messages) => {
        const asked = structuredClone(messages) as Message[];
        const question = asked.at(-1)?.text ?? '';
        const answer = `answer ${this.calls.length + 1} to "${question}"`;
        this.calls.push({ instance: instance.name, handbook, messages: asked, answer });
        return does('complete', question, 800, 3_000, () => answer);
      },
    };
  }
}

/** One process's conversations. */
export class Instance extends Mortal<Port> {
  readonly #now: () => number;
  readonly #conversations: Conversations;

  constructor(world: ConversationWorld, name: string, create: CreateConversations) {
    super(name, (moment) => world.interfere(moment));
    this.#now = world.now;
    this.#conversations = create(world.ports(this));
  }

  /** Sends the turn; what comes of it is noted on what this returns. */
  say(turn: Turn, ended = (_: Said) => {}): Said {
    const said: Said = { turn, instance: this, at: this.#now() };
    const end = (how: Partial<Said>) => {
      if (this.alive) ended(Object.assign(said, how, { endedAt: this.#now() }));
    };
    const run = async () => this.#conversations.say(structuredClone(turn));
    run().then(
      (answer) => end({ answer }),
      (failure: Error) => end({ failure }),
    );
    return said;
  }

  async history(tenant: string, conversation: string): Promise<Message[]> {
    return this.#conversations.history(tenant, conversation);
  }
}

const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;
const TOPICS = ['a refund', 'an invoice', 'a seat', 'a delivery', 'a password', 'a contract'] as const;

/** What one asker says in a conversation, in order. Each text is said once. */
export function turnsOf(seed: number, conversation: string, count: number, over: Partial<Turn> = {}): Turn[] {
  const tenant = over.tenant ?? (TENANTS[between(seed, `tenant ${conversation}`, 0, TENANTS.length - 1)] as string);
  const about = TOPICS[between(seed, `topic ${conversation}`, 0, TOPICS.length - 1)];
  return Array.from({ length: count }, (_, n) => {
    const number = Math.floor(roll(seed, `${tenant} ${conversation} ${n}`) * 1e9);
    const text = n === 0 ? `I have a question about ${about}, number ${number}.` : `And what about number ${number}?`;
    return { id: `t-${n + 1}`, tenant, conversation, text, edition: '2026-05', ...over };
  });
}
