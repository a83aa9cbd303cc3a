/** A question on its way to the provider. `tenant` is also whose provider key pays for it. */
export interface Question {
  id: string;
  tenant: string;
  model: string;
  text: string;
  /** A price, a policy, a legal text: an answer that may be out of date is worse than none. */
  mustBeFresh?: boolean;
}

export interface Answer {
  questionId: string;
  text: string;
}

/** How a provider call fails: an HTTP status, or a code such as `ETIMEDOUT` or `ECONNRESET` when no answer came. */
export interface ProviderFailure extends Error {
  status?: number;
  code?: string;
  /** The `Retry-After` header as it came: seconds, or an HTTP date. */
  retryAfter?: string;
}

export interface CallOptions {
  signal?: AbortSignal;
}

/** Asks the provider one question. Rejects with a `ProviderFailure`. */
export type Ask = (question: Question, options?: CallOptions) => Promise<Answer>;

/** Something that a seam says about itself; past tense, subject first (`CircuitOpened`). */
export interface SeamEvent {
  type: string;
  data: Record<string, unknown>;
}
export type Emit<Event extends SeamEvent = SeamEvent> = (event: Event) => void;
