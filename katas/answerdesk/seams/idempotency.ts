import type { Emit } from '../domain.ts';
import type { SqlPort } from '../sql-port.ts';

/** A request as it came in. */
export interface CommandRequest {
  tenant: string;
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  /** Its `Idempotency-Key` header, chosen by the tenant's app. */
  key?: string;
  /** Plain JSON, as parsed. */
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

/**
 * Does what the request asks for. Whatever it does outside carries `effectKey`, and is done there once for each such
 * key, for as long as `windowMs`. Where it rejects nobody knows whether it was done.
 */
export type Work = (effectKey: string) => Promise<Outcome>;

/** Times in milliseconds. */
export interface IdempotencyPolicy {
  /** How long a key is remembered after it was first seen. */
  windowMs: number;
  /** A claim this old without a result belongs to a process that died. */
  claimMs: number;
}

export interface IdempotencyEvent {
  /** Work was begun; a recorded reply was given; 409 or 422 was. */
  type: 'CommandClaimed' | 'CommandReplayed' | 'CommandRefused';
  data: { tenant: string; key: string; status?: number };
}

export interface IdempotencyPorts {
  /** For those who keep their claims and replies there. Time is its `now()`. */
  sql: SqlPort;
  emit: Emit<IdempotencyEvent>;
}

/**
 * Kata 2.1. Runs the work of a command once and gives its reply to every submission of it. A POST without a key is
 * refused with 400; a key that came with another path or body before, with 422; a submission whose first one is under
 * way waits for it or is refused with 409. Other methods are idempotent by themselves: they need no key, and one that
 * comes along means nothing. Rejects as the work does. Called once in each process; `schema`, if there is one, is the
 * DDL that it works on, run once on an empty database.
 */
export type CreateIdempotency = (
  ports: IdempotencyPorts,
  policy: IdempotencyPolicy,
) => { handle: (request: CommandRequest, work: Work) => Promise<Reply> };
