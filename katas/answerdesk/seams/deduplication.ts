import type { Ask, Emit, Question } from '../domain.ts';

export interface DeduplicationPolicy {
  /** How long a handled message is remembered, in ms. */
  windowMs: number;
  /** Messages remembered at most; the oldest is forgotten first. */
  capacity: number;
}

export interface DeduplicationEvent {
  type: 'QuestionCoalesced' | 'MessageDropped';
  data: { questionId?: string; messageId?: string };
}

export interface DeduplicationPorts {
  ask: Ask;
  /** Two questions with the same identity have the same answer. */
  identityOf: (question: Question) => string;
  emit: Emit<DeduplicationEvent>;
}

export interface Deduplication {
  /** As the port: identical questions under way share one call. */
  ask: Ask;
  /** Handles a message of an at-least-once queue, unless it was handled. Rejects as `handle` does; then it wasn't. */
  receive: (messageId: string, handle: () => Promise<void>) => Promise<'handled' | 'duplicate'>;
}

/** Kata 2.2. */
export type CreateDeduplication = (ports: DeduplicationPorts, policy: DeduplicationPolicy) => Deduplication;
