import type { Emit, SeamEvent } from '../domain.ts';
import type { Page } from '../knowledge.ts';
import type { IncludedPassage } from './context-budget.ts';

/** What the model was asked to reply with, as JSON; it doesn't always. */
export interface ModelReply {
  claims: readonly {
    /** One sentence. */
    text: string;
    /** Numbers of the passages that are said to prove it. */
    cites: readonly number[];
    /** What is said to stand there, word for word. */
    quotes: readonly string[];
  }[];
}

export interface Citation {
  page: string;
  version: string | null;
  /** Offsets into the page's text; what stands there is the quote. */
  start: number;
  end: number;
}

export interface GroundedClaim {
  text: string;
  /** At least one. */
  citations: readonly Citation[];
}

export type GroundedAnswer =
  | { abstained: false; claims: readonly GroundedClaim[]; dropped: readonly string[] }
  | { abstained: true; reason: 'nothing supported' | 'no passages' | 'unreadable reply'; dropped: readonly string[] };

export interface GroundingPorts {
  page: (id: string) => Page | undefined;
  emit: Emit<SeamEvent>;
}

/** Kata 5.9. `given` is what was in the prompt; a reply's numbers are theirs. */
export type CreateGrounding = (
  ports: GroundingPorts,
) => (reply: string, given: readonly IncludedPassage[]) => GroundedAnswer;
