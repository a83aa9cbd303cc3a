import type { Page, Passage } from '../knowledge.ts';

export interface ChunkingPorts {
  /** The embedding model's own count. */
  countTokens: (text: string) => number;
}

export interface ChunkingSettings {
  /** No passage is longer, in tokens. */
  maxTokens: number;
  /** How much of a passage's end the next of the same section begins with, at most, where a section is split. */
  overlapTokens: number;
}

export interface Chunker {
  /**
   * The page's passages in its order, none without text. Every character of the page that isn't white space is in one.
   * A passage is of one section: of a heading with what stands under it up to the next heading; a heading with nothing
   * under it may go with the next one. A section that fits is one passage. No code fence is cut that fits a passage,
   * no word, and no surrogate pair at all. The id is `page#start-end`; metadata are the page's.
   */
  chunk: (page: Page) => readonly Passage[];
  /**
   * The passage as the largest that it stands in and that `maxTokens` allow: its section, one with all that is below
   * it, the page; where its section is too long, as much of it around the passage as they allow. A passage that is
   * longer than that comes back as it is. `headings` are the passage's, or as many of them as all of it stands under.
   */
  expand: (page: Page, passage: Passage, maxTokens: number) => Passage;
}

/** Kata 5.2. */
export type CreateChunker = (ports: ChunkingPorts, settings: ChunkingSettings) => Chunker;
