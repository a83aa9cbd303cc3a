/** What is asked of the provider, and what came along with it. Plain JSON, of any further fields. */
export interface AnswerRequest {
  tenant: string;
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
  /** RFC 8785 (JCS). Throws an error with code 'NOT_CANONICAL' on what JSON can't say. */
  canonicalize: (value: unknown) => string;
  /** SHA-256 of what the request means, as 64 lowercase hex digits. */
  identityOf: (request: AnswerRequest) => string;
}

/** Kata 2.3. */
export type CreateHashing = (policy: HashingPolicy) => Hashing;
