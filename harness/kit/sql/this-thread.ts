import type { QueryResult } from 'pg';
import { realTime } from '../virtual-time.ts';
import { type BackEnd, inTransaction, openBackEnd, send } from './back-end.ts';
import type { Schema } from './schemas.ts';
import { findServer, type Server } from './server.ts';

// What scenes of one thread share: opening a back end takes 3 ms, a schema 6 ms, a statement 0.2 ms. Kept beside the
// modules, which are evaluated anew for each suite in a thread that is used again.

interface Shared {
  server?: Promise<Server> | undefined;
  keeper?: Promise<BackEnd> | undefined;
  /** One statement after another. */
  kept: Promise<unknown>;
  idle: BackEnd[];
  /** Empty, by what made them. */
  schemas: Map<string, Promise<Schema | undefined>[]>;
}
const MOST_IDLE = 12;

const name = Symbol.for('kata-postgres');
const globals = globalThis as { [name]?: Shared };
globals[name] ??= { kept: Promise.resolve(), idle: [], schemas: new Map() };
export const shared: Shared = globals[name];

/** Throws NoDatabase. */
export function server(): Promise<Server> {
  shared.server ??= findServer();
  return shared.server;
}

/** Runs a statement that no answer and no suite sent; by a superuser where the server is the embedded one. */
export function keep(text: string, values?: readonly unknown[]): Promise<QueryResult> {
  const result = shared.kept.then(async () => send(await keeper(), text, values));
  shared.kept = result.catch(() => {});
  return result;
}

async function keeper(): Promise<BackEnd> {
  shared.keeper ??= server().then(({ keeper, where }) => openBackEnd(keeper, where));
  const backEnd = await shared.keeper;
  if (!backEnd.gone) return backEnd;
  // The server has ended, and all that it had.
  Object.assign(shared, { server: undefined, keeper: undefined, idle: [], schemas: new Map() });
  return keeper();
}

/** A back end that nobody uses, or a new one. */
export async function takeBackEnd(): Promise<BackEnd> {
  // Whoever ended the server ended it as well.
  await keeper();
  for (let idle = shared.idle.pop(); idle; idle = shared.idle.pop()) if (!idle.gone) return idle;
  const { plain, where } = await server();
  return openBackEnd(plain, where);
}

/** Takes back what is not busy: nothing of its session stays. */
export async function giveBack(backEnd: BackEnd): Promise<void> {
  try {
    if (backEnd.gone) return;
    if (inTransaction(backEnd)) await send(backEnd, 'ROLLBACK');
    await send(backEnd, 'DISCARD ALL');
    backEnd.told = {};
    if (shared.idle.length < MOST_IDLE) shared.idle.push(backEnd);
    else void backEnd.client.end().catch(() => {});
  } catch {
    backEnd.gone = true;
  }
}

const PATIENCE_MS = 5_000;

/** Ends back ends as `kill -9` of their client would: when this resolves, their locks are free. */
export async function terminate(backEnds: readonly BackEnd[]): Promise<void> {
  const living = backEnds.filter(({ gone }) => !gone);
  if (living.length === 0) return;
  for (const backEnd of living) backEnd.gone = true;
  // Told to wait, Postgres looks every 100 ms; a back end closes its connection last.
  await keep('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid', [living.map(({ pid }) => pid)]);
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = realTime.setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([Promise.all(living.map(({ ended }) => ended)), enough]);
  realTime.clearTimeout(timer);
}
