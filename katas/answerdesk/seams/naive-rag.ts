import type { Emit, SeamEvent } from '../domain.ts';
import type { Hit, Passage } from '../knowledge.ts';

/** A vector and the model that made it. Not necessarily of length 1. */
export interface Embedding {
  model: string;
  vector: ArrayLike<number>;
}
export interface EmbeddedPassage extends Embedding {
  passage: Passage;
}

export interface NaiveRagPorts {
  /** The vector of a question. All zeros where the model knows none of its words. */
  embed: (text: string) => Promise<Embedding>;
  /** Asks the model. It answers whatever it is asked, with documents or without. */
  generate: (prompt: string) => Promise<string>;
  /** `{ type: 'QuestionUnanswered', data: { reason } }` for each that the model wasn't asked. */
  emit: Emit<SeamEvent>;
}

export interface NaiveRagSettings {
  /** The one model whose vectors are compared here, and how long they are. */
  model: string;
  dimensions: number;
  /** How many passages go into a prompt. */
  k: number;
}

/** Where a passage of the prompt came from, in the prompt's order. */
export interface Provenance {
  id: string;
  page: string;
  start: number;
  end: number;
}

/** `nothing found`: there are passages, and the question has no direction, so that none is nearer than another. */
export type RagAnswer =
  | { answered: true; text: string; passages: readonly Provenance[] }
  | { answered: false; reason: 'nothing indexed' | 'nothing found' };

export interface NaiveRag {
  /**
   * Takes passages in; one with an id that is there replaces it. Throws (or rejects) with code 'EMBEDDING_REFUSED' at
   * vectors of another model, another size, without a direction or with a number that isn't finite, and takes in none.
   */
  add: (passages: readonly EmbeddedPassage[]) => void | Promise<void>;
  /**
   * By cosine, best first; equal ones by id, in the order of code units. With `among`, the k best of these. Rejects with
   * 'EMBEDDING_REFUSED' where the question's vector is of another model, another size, or holds a number that isn't
   * finite. A question without a direction (all zeros) finds nothing.
   */
  search: (question: string, k: number, among?: ReadonlySet<string>) => Promise<readonly Hit[]>;
  /** Asks the model with the k best passages before it, in that order; not at all where there are none. */
  answer: (question: string) => Promise<RagAnswer>;
}

/** Kata 5.1. */
export type CreateNaiveRag = (ports: NaiveRagPorts, settings: NaiveRagSettings) => NaiveRag;
