import type { Emit } from '../domain.ts';
import type { RankedPassage } from './context-budget.ts';
import type { Scope } from './metadata-filter.ts';

/** A part of a text, by UTF-16 offsets. */
export interface Part {
  start: number;
  end: number;
}

/** What of a passage's text was acted on: offsets into the text as it came. Events carry no text: they go to the log. */
type PartOf = { passage: string; start: number; end: number };

export type GuardrailEvent =
  | { type: 'QuestionRefused'; data: { reason: Refusal } }
  /** The passage doesn't come back. `source`: not from the allow-list; `tenant`: somebody else's, or nobody's. */
  | { type: 'PassageBlocked'; data: { passage: string; reason: 'source' | 'tenant' | 'secret' | 'scan failed' } }
  | { type: 'InstructionNeutralised'; data: PartOf }
  | { type: 'SecretRedacted'; data: PartOf };

export type Refusal = 'out of scope' | 'scope unknown';

export interface GuardrailPorts {
  /** A classifier: how surely this desk is there for the question, 0 to 1. It may fail. */
  inScope: (question: string) => Promise<number>;
  /**
   * A classifier: which parts of a text give orders to the model, in any order; they may overlap. It knows many
   * languages and doesn't know who speaks: an order that somebody quotes is one too. It sees plain text only: nothing
   * that is hidden in it. It may fail.
   */
  scan: (text: string) => Promise<readonly Part[]>;
  /** A secret's form, as our key service knows it. It sees plain text only, too, and may fail. */
  findSecrets: (text: string) => readonly Part[];
  emit: Emit<GuardrailEvent>;
}

export interface GuardrailSettings {
  /** What a page's id begins with, if it may be used: `fastify-4/`, `northwind/`. Nothing here means no page. */
  sources: readonly string[];
  /** If the best passage that is left has less, nothing is answered. */
  minScore: number;
  /** A question of which `inScope` is below is refused. */
  minInScope: number;
}

/** Around what a passage says to the model and not to the reader. The model takes what stands between them as a quotation. */
export const UNTRUSTED = { open: '<untrusted>', close: '</untrusted>' };

/** Letters that look like Latin ones, and those, in the same order: Cyrillic, Greek. */
export const LOOK_ALIKES = {
  these: 'асԁеһіјорԛѕԝхуАВСЕНІЈКМОРЅТХανορυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ',
  those: 'acdehijopqswxyABCEHIJKMOPSTXavopuABEZHIKMNOPTYX',
};

export type Guarded =
  | { abstain: false; passages: readonly RankedPassage[] }
  | { abstain: true; reason: 'low score' | 'nothing left' | 'scan failed' };

export interface Guardrails {
  /** What somebody asks is theirs to say, and is refused for its subject only. */
  question: (text: string) => Promise<{ allowed: true } | { allowed: false; reason: Refusal }>;
  /**
   * Best first, in the order in which they came, each as it came except for what had to go from its text: texts as
   * they may stand in a prompt. Offsets and headings stay; headings don't go into a prompt.
   */
  passages: (passages: readonly RankedPassage[], scope: Scope) => Promise<Guarded>;
}

/**
 * Kata 5.10. What hides an order or a secret: invisible characters (Unicode's Default_Ignorable_Code_Point; of these
 * U+E0020 to U+E007E spell ASCII), compatibility forms (NFKC), `LOOK_ALIKES`, HTML comments and marks in the middle of
 * it, and base64 of UTF-8, of 24 characters or more, also URL-safe, without padding, or broken over lines. One may hide
 * in another, base64 in base64 once.
 */
export type CreateGuardrails = (ports: GuardrailPorts, settings: GuardrailSettings) => Guardrails;
