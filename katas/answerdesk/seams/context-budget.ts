import type { Emit } from '../domain.ts';
import type { Message, Passage } from '../knowledge.ts';

export interface RankedPassage {
  passage: Passage;
  /** What it is worth, 0 to 1; best first in a list of them. */
  score: number;
}

export interface ContextRequest {
  system: string;
  question: string;
  /** What was said before, oldest first. */
  history: readonly Message[];
  passages: readonly RankedPassage[];
}

export interface ContextEvent {
  type: 'ContextAssembled';
  data: {
    /** As in `Context`. */
    tokens: number;
    /** The scores of what is included, added up; one that was cut counts by the share of its tokens. */
    worth: number;
    /** Tokens for each point of worth; null where nothing is included. */
    costPerPoint: number | null;
  };
}

export interface ContextPorts {
  /** The chat model's own count: cl100k. */
  countTokens: (text: string) => number;
  emit: Emit<ContextEvent>;
}

export interface ContextSettings {
  /** Tokens that the model takes, its answer included. */
  window: number;
  /** Kept free for the answer. */
  answerReserve: number;
  /** Tokens that each message costs beside its content. */
  perMessage: number;
  /** What was said before, in tokens of its messages: no more of it is kept. Absent: as much as fits. */
  historyAtMost?: number;
  /** More than so many tokens of passages' text aren't worth their price. Absent: as many as fit. */
  passagesAtMost?: number;
}

export interface IncludedPassage {
  /** What the model cites it by: 1 for the first in the prompt. It stands there before the text. */
  number: number;
  passage: Passage;
  /** Of its text what is in the prompt: all, or whole sentences from its beginning, as it stands in the page. */
  text: string;
}

export interface Context {
  /** The system's first, the question's last; nothing of either is ever missing. Between them what was said before. */
  messages: readonly Message[];
  /** Of all messages, as `perMessage` and `countTokens` have it; at most `window - answerReserve`. */
  tokens: number;
  /** In the prompt's order: the best ones at its two ends. */
  included: readonly IncludedPassage[];
  /** Ids of those for which there was no room. */
  left: readonly string[];
}

/**
 * Kata 5.7. Room goes to the system's message and the question, then to what was said before, then to the passages.
 * Throws with code 'CONTEXT_TOO_SMALL' where system, question and answer alone don't fit.
 */
export type CreateContextBudget = (
  ports: ContextPorts,
  settings: ContextSettings,
) => (request: ContextRequest) => Context;
