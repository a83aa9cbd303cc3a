export interface Message {
  from: 'asker' | 'answerdesk';
  text: string;
}

/** One thing said in a conversation. Whoever sends it again, to any instance, sends the same id. */
export interface Turn {
  /** Unique in its conversation. */
  id: string;
  tenant: string;
  /** Unique in its tenant. */
  conversation: string;
  text: string;
  /** The edition of the tenant's handbook that holds for this turn. */
  edition: string;
}

/** Shared by all instances. Values are plain JSON. */
export interface ConversationStore {
  load: (key: string) => Promise<{ value: unknown; version: number } | undefined>;
  /** Writes if the stored version is `expected` (0: nothing is stored). Rejects with code 'VERSION_CONFLICT' if not. */
  save: (key: string, value: unknown, expected: number) => Promise<{ version: number }>;
}

export interface ConversationPorts {
  store: ConversationStore;
  /** The text of one edition, unique in its tenant. It never changes. Reading it costs a service that all instances share. */
  handbook: (tenant: string, edition: string) => Promise<string>;
  /** Asks the model. Its answer depends on all that was said before, and is another one each time. */
  complete: (handbook: string, messages: readonly Message[]) => Promise<string>;
}

export interface Conversations {
  /** Resolves to the answer. A turn that was answered gets the same answer again. */
  say: (turn: Turn) => Promise<string>;
  /** What was said and answered, in order; empty for a conversation that never was. */
  history: (tenant: string, conversation: string) => Promise<Message[]>;
}

/** Kata 3.1. Called once in each instance. */
export type CreateConversations = (ports: ConversationPorts) => Conversations;
