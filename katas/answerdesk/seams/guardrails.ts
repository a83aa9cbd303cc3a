import type { Emit, SeamEvent } from '../domain.ts';
import type { RankedPassage } from './context-budget.ts';
import type { Scope } from './metadata-filter.ts';

export interface GuardrailPorts {
  /**
   * A classifier: which parts of a text give orders to the model, by their offsets. It sees plain text only: nothing
   * that is hidden in it by invisible characters, look-alikes or base64. It may fail.
   */
  scan: (text: string) => Promise<readonly { start: number; end: number }[]>;
  /** A secret's form, as our key service knows it. */
  findSecrets: (text: string) => readonly { start: number; end: number }[];
  /** `QuestionRefused`, `PassageBlocked`, `InstructionNeutralised`, `SecretRedacted`, each with `reason` and ids. */
  emit: Emit<SeamEvent>;
}

export interface GuardrailSettings {
  /** Pages may come from these only: `fastify-4/`, `northwind/`. */
  sources: readonly string[];
  /** Below this score of the best passage nothing is answered. */
  minScore: number;
}

/** Around what a passage says to the model and not to the reader. The model takes what stands between them as a quotation. */
export const UNTRUSTED = { open: '<untrusted>', close: '</untrusted>' };

export type Guarded =
  | { abstain: false; passages: readonly RankedPassage[] }
  | { abstain: true; reason: 'low score' | 'nothing left' | 'scan failed' };

export interface Guardrails {
  question: (text: string) => Promise<{ allowed: true } | { allowed: false; reason: string }>;
  /** Best first, in the order in which they came; texts as they may stand in a prompt. */
  passages: (passages: readonly RankedPassage[], scope: Scope) => Promise<Guarded>;
}

/** Kata 5.10. */
export type CreateGuardrails = (ports: GuardrailPorts, settings: GuardrailSettings) => Guardrails;
