import type { Emit, SeamEvent } from '../domain.ts';
import type { Page } from '../knowledge.ts';
import type { IncludedPassage } from './context-budget.ts';

/** What the model was asked to reply with, as JSON. It doesn't always: whatever comes is a string that may hold this. */
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
  /** Offsets into the page's text as `page` has it, in UTF-16 units; what stands there is one of the claim's quotes. */
  start: number;
  end: number;
}

export interface GroundedClaim {
  /** As the model wrote it. */
  text: string;
  /** At least one. */
  citations: readonly Citation[];
}

/** Claims in the reply's order, those that contradict each other too; `dropped` are the texts of the others. */
export type GroundedAnswer =
  | { abstained: false; claims: readonly GroundedClaim[]; dropped: readonly string[] }
  | { abstained: true; reason: 'nothing supported' | 'no passages' | 'unreadable reply'; dropped: readonly string[] };

export interface GroundingPorts {
  /** The page as it is today; undefined where there is none any more. */
  page: (id: string) => Page | undefined;
  /** `ClaimDropped` with its `text` and the `reason`, `AnswerAbstained` with the `reason`. */
  emit: Emit<SeamEvent>;
}

/**
 * Kata 5.9. `given` is what was in the prompt, in any order; a reply's numbers are its `number`s. Its texts are what the
 * model saw, with marks of 5.10 where there are some; the page's text is what a citation leads to.
 */
export type CreateGrounding = (
  ports: GroundingPorts,
) => (reply: string, given: readonly IncludedPassage[]) => GroundedAnswer;
