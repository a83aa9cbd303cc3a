/** `tenant` of what we publish for all, and `readers` of what everybody may read. It has to be said: nothing means nobody. */
export const EVERYONE = 'everyone';

/** What is known of a page beside its text. Whatever is missing is unknown, not free. */
export interface Metadata {
  /** Whose page it is, or `EVERYONE`. */
  tenant?: string;
  product?: string;
  /** `4.29.1` */
  version?: string;
  /** The first moment at which it holds, and the first at which it doesn't any more (null: it still does). ISO 8601. */
  validFrom?: string;
  validUntil?: string | null;
  /** Roles that may read it, or `EVERYONE`. */
  readers?: readonly string[];
}

/** A page of a knowledge base: Markdown. */
export interface Page {
  /** `fastify-4/Reference/Logging.md` */
  id: string;
  text: string;
  metadata: Metadata;
}

/** A part of a page: what is embedded, found, put in a prompt and cited. */
export interface Passage {
  /** `fastify-4/Reference/Logging.md#1204-1893` */
  id: string;
  page: string;
  /** Offsets into the page's text, in UTF-16 units: `text` is `page.text.slice(start, end)`. */
  start: number;
  end: number;
  /** Titles of the headings that it stands under, outermost first. */
  headings: readonly string[];
  text: string;
  metadata: Metadata;
}

/** One passage that was found. Scores compare within one list only; higher is better. */
export interface Hit {
  id: string;
  score: number;
}

/**
 * Finds at most `k` passages for a question, best first. With `among` only these are scored: the k best of them, and
 * not those of them that are among the k best of all.
 */
export type Search = (question: string, k: number, among?: ReadonlySet<string>) => Promise<readonly Hit[]>;

/** A question whose right passages somebody has judged. */
export interface JudgedQuestion {
  id: string;
  text: string;
  /** What kind of question it is: `paraphrase`, `exact-identifier`, … */
  class: string;
  /** Passages that answer it (2) or help (1), by id. */
  relevant: Readonly<Record<string, number>>;
  /** Whoever asks may see only these; absent: all. */
  among?: ReadonlySet<string>;
}

/** One message of a prompt, as the provider's API takes it. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}
