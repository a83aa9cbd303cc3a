import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

/** A request as it came in. `key` is its `Idempotency-Key` header. */
export interface CommandRequest {
  tenant: string;
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  key?: string;
  body: unknown;
}

export interface Reply {
  status: number;
  /** Plain JSON. */
  body: unknown;
}

/** What the work came to. */
export interface Outcome extends Reply {
  /** False: nothing was done outside, so the same command may be tried again. */
  done: boolean;
}

/** Does what the request asks for. Whatever it does outside carries `effectKey`, and is done once for each such key. */
export type Work = (effectKey: string) => Promise<Outcome>;

/** Times in milliseconds. */
export interface IdempotencyPolicy {
  /** How long a key is remembered after it was first seen. */
  windowMs: number;
  /** A claim this old without a result belongs to a process that died. */
  claimMs: number;
}

export interface IdempotencyEvent {
  type: 'CommandClaimed' | 'CommandReplayed' | 'CommandRefused';
  data: { tenant: string; key: string; status?: number };
}

export interface IdempotencyPorts {
  sql: SqlPort;
  emit: Emit<IdempotencyEvent>;
}

/**
 * Kata 2.1. Runs the work of a command once and gives its reply to every submission of it. A POST without a key is
 * refused with 400; a key that came with another body before, with 422; a submission whose first one is under way waits
 * for it or is refused with 409. Other methods are idempotent by themselves and need no key.
 */
export type CreateIdempotency = (
  ports: IdempotencyPorts,
  policy: IdempotencyPolicy,
) => { handle: (request: CommandRequest, work: Work) => Promise<Reply> };
