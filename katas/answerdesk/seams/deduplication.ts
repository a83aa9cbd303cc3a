import type { Answer, CallOptions, Emit, Question } from '../domain.ts';

/** A question, and which documents whoever asks it may read. Absent: the tenant's public ones. */
export interface AskedQuestion extends Question {
  audience?: string;
}

/** Rejects with a `ProviderFailure`, or with the signal's reason where its asker has left. */
export type AskFor = (question: AskedQuestion, options?: CallOptions) => Promise<Answer>;

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
  /** Retrieves what the asker may read, and has it answered on the tenant's key. Each call is billed. */
  ask: AskFor;
  /** What is asked, whoever asks it (kata 2.3): SHA-256 of the model and the text's meaning. */
  identityOf: (question: Question) => string;
  emit: Emit<DeduplicationEvent>;
}

export interface Deduplication {
  /** As the port. Questions under way that must have the same answer share one call. */
  ask: AskFor;
  /**
   * Handles a message of an at-least-once queue, unless it was handled; 'duplicate' says that it was. Whatever this
   * resolves to, the queue forgets the message. Rejects as `handle` does: then it wasn't handled, and comes again.
   */
  receive: (messageId: string, handle: () => Promise<void>) => Promise<'handled' | 'duplicate'>;
}

/** Kata 2.2. */
export type CreateDeduplication = (ports: DeduplicationPorts, policy: DeduplicationPolicy) => Deduplication;
