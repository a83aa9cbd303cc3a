import type { Emit } from '../domain.ts';

/** One thing that was said. */
export interface Turn {
  id: string;
  tenant: string;
  role: 'user' | 'assistant';
  /** Sentences, each ending in a full stop, a question mark or an exclamation mark and white space. */
  text: string;
  /** What the user wants kept to: it stays as it is, whatever it costs. */
  isConstraint?: boolean;
}

/**
 * What bears a fact, and so may not get lost or be added: a figure (`49.90`, `2026-06-09`), a name of the machine
 * (`INV-2041`, `FST_ERR_NOT_FOUND`, `maxParamLength`), a citation (`[3]`), a name (a word with a capital inside a
 * sentence), and that something is not so (not, no, never, without, cannot, nothing, or a word ending in n't). A
 * sentence with none of them is talk.
 */
export type CompressionEvent =
  /** The model's summary wasn't used. */
  | { type: 'SummaryRefused'; data: { turns: readonly string[]; reason: string } }
  /** There was no room for these, even at their shortest. */
  | { type: 'TurnsLeftOut'; data: { turns: readonly string[] } };

export interface CompressionPorts {
  countTokens: (text: string) => number;
  /**
   * A model's summary of some turns, all of one tenant, in at most so many tokens if it keeps to it. It may leave
   * things out, add what nobody said, turn a "not" into its opposite, be longer than what it sums up, or fail.
   */
  summarize: (turns: readonly Turn[], maxTokens: number) => Promise<string>;
  emit: Emit<CompressionEvent>;
}

export interface CompressedPart {
  tenant: string;
  /** Ids of the turns that it stands for, in their order. */
  turns: readonly string[];
  text: string;
  /** `kept`: one turn, letter by letter. `extracted`: whole sentences of its turns. `summarized`: in the model's words. */
  how: 'kept' | 'extracted' | 'summarized';
}

export interface CompressionSettings {
  /** A summary stands for turns of at most so many tokens; a longer turn stands alone. */
  partTokens: number;
}

/**
 * Kata 5.8. Turns come oldest first, and parts stand in the order of their first turns; at most `maxTokens` in all.
 * Rejects with code 'CONSTRAINTS_TOO_LONG' where the constraints alone take more.
 */
export type CreateCompression = (
  ports: CompressionPorts,
  settings: CompressionSettings,
) => (turns: readonly Turn[], maxTokens: number) => Promise<readonly CompressedPart[]>;
