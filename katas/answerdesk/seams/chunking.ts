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
   * The page's passages in its order. Every character of the page that isn't white space is in one; no code fence is cut
   * that fits a passage, and no surrogate pair at all. The id is `page#start-end`; metadata are the page's.
   */
  chunk: (page: Page) => readonly Passage[];
  /** The passage with as much of what it stands in (paragraph, section, page) as `maxTokens` allow. */
  expand: (page: Page, passage: Passage, maxTokens: number) => Passage;
}

/** Kata 5.2. */
export type CreateChunker = (ports: ChunkingPorts, settings: ChunkingSettings) => Chunker;
