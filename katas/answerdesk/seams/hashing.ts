/** What is asked of the provider, and what came along with it. Plain JSON, of any further fields. */
export interface AnswerRequest {
  tenant: string;
  /** What the user typed: prose, and code between backticks. */
  text: string;
  model: string;
  promptVersion: number;
  [field: string]: unknown;
}

export interface HashingPolicy {
  /** Names of top-level fields that don't change what is asked: a request id, when it was sent, who forwarded it. */
  excluded: readonly string[];
}

export interface Hashing {
  /** RFC 8785 (JCS): of the value as it is. Throws an error with code 'NOT_CANONICAL' on what JSON can't say. */
  canonicalize: (value: unknown) => string;
  /**
   * SHA-256, as 64 lowercase hex digits, of the request's canonical form in UTF-8, with the text normalised and without
   * the excluded fields. Throws as `canonicalize` does. The request stays as it was.
   */
  identityOf: (request: AnswerRequest) => string;
}

/** Kata 2.3. */
export type CreateHashing = (policy: HashingPolicy) => Hashing;
