import type { Emit, SeamEvent } from '../domain.ts';
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

export interface ContextPorts {
  /** The chat model's own count. */
  countTokens: (text: string) => number;
  emit: Emit<SeamEvent>;
}

export interface ContextSettings {
  /** Tokens that the model takes, its answer included. */
  window: number;
  /** Kept free for the answer. */
  answerReserve: number;
  /** Tokens that each message costs beside its content. */
  perMessage: number;
  /** More than so many tokens of passages aren't worth their price. Absent: as many as fit. */
  passagesAtMost?: number;
}

export interface IncludedPassage {
  /** What the model cites it by: 1 for the first in the prompt. */
  number: number;
  passage: Passage;
  /** Of its text what is in the prompt: all, or whole sentences from its beginning, as it stands in the page. */
  text: string;
}

export interface Context {
  /** The system's first, the question's last; nothing of either is ever missing. */
  messages: readonly Message[];
  /** Of all messages, as `perMessage` and `countTokens` have it; at most `window - answerReserve`. */
  tokens: number;
  /** In the prompt's order: the best ones at its two ends. */
  included: readonly IncludedPassage[];
  /** Ids of those for which there was no room. */
  left: readonly string[];
}

/** Kata 5.7. Throws with code 'CONTEXT_TOO_SMALL' where system, question and answer alone don't fit. */
export type CreateContextBudget = (
  ports: ContextPorts,
  settings: ContextSettings,
) => (request: ContextRequest) => Context;
