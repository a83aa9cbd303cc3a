import type { Emit, SeamEvent } from '../domain.ts';

/** One thing that was said. */
export interface Turn {
  id: string;
  tenant: string;
  role: 'user' | 'assistant';
  text: string;
  /** What the user wants kept to: never shortened. */
  isConstraint?: boolean;
}

export interface CompressionPorts {
  countTokens: (text: string) => number;
  /**
   * A model's summary of some turns, in at most so many tokens if it keeps to it. It may leave things out, add what
   * nobody said, mix up who said what, or fail.
   */
  summarize: (turns: readonly Turn[], maxTokens: number) => Promise<string>;
  emit: Emit<SeamEvent>;
}

export interface CompressedPart {
  tenant: string;
  /** Ids of the turns that it stands for, in their order. */
  turns: readonly string[];
  text: string;
  how: 'kept' | 'extracted' | 'summarized';
}

/** Kata 5.8. Turns come oldest first; so do the parts. At most `maxTokens` in all, where constraints alone fit. */
export type CreateCompression = (
  ports: CompressionPorts,
  settings: { partTokens: number },
) => (turns: readonly Turn[], maxTokens: number) => Promise<readonly CompressedPart[]>;
