import type { Emit } from '../domain.ts';

export interface Message {
  from: 'asker' | 'answerdesk';
  text: string;
}

/** One thing said in a conversation. Whoever sends it again, to any instance, sends the same id. */
export interface Turn {
  id: string;
  tenant: string;
  conversation: string;
  text: string;
}

/** Shared by all instances. Values are plain JSON, at most 256 KB each. */
export interface ConversationStore {
  load: (key: string) => Promise<{ value: unknown; version: number } | undefined>;
  /** Writes if the stored version is `expected` (0: nothing is stored). Rejects with code 'VERSION_CONFLICT' if not. */
  save: (key: string, value: unknown, expected: number) => Promise<{ version: number }>;
}

export interface ConversationPorts {
  store: ConversationStore;
  /** Asks the model. Its answer depends on all that was said before. */
  complete: (messages: readonly Message[]) => Promise<string>;
  emit: Emit;
}

export interface Conversations {
  /** Resolves to the answer. A turn that was answered gets the same answer again. */
  say: (turn: Turn) => Promise<string>;
  history: (tenant: string, conversation: string) => Promise<Message[]>;
}

/** Kata 3.1. Called once in each instance. */
export type CreateConversations = (ports: ConversationPorts) => Conversations;
