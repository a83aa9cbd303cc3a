import type { QueryResult } from 'pg';
import { type BackEnd, inTransaction, send } from './back-end.ts';
import type { SqlFailure } from './port.ts';
import { begin } from './under-way.ts';

/** Who sends a statement, and what the database's clock shows. */
export interface Sender {
  who: string;
  now: () => Date;
}

/** Sends a statement at the scene's time and waits for it; virtual time waits too. Rejects with a SqlFailure. */
export async function execute(
  backEnd: BackEnd,
  { who, now }: Sender,
  text: string,
  values: readonly unknown[] = [],
): Promise<QueryResult> {
  const end = begin(backEnd, who, text);
  const before = inTransaction(backEnd);
  try {
    await tellTime(backEnd, now().toISOString());
    const result = await send(backEnd, text, values);
    if (!before && inTransaction(backEnd)) {
      await send(backEnd, `SET LOCAL kata.began = '${backEnd.told.now}'`);
    }
    return result;
  } catch (error) {
    throw failure(error);
  } finally {
    // A roll-back takes settings back as well.
    if ((before && !inTransaction(backEnd)) || /\brollback\b|\babort\b/i.test(text)) backEnd.told = {};
    end();
  }
}

async function tellTime(backEnd: BackEnd, now: string): Promise<void> {
  // In a transaction that has failed nothing can be set, and nothing else done but end it.
  if (backEnd.told.now === now || backEnd.client.getTransactionStatus() === 'E') return;
  await send(backEnd, `SET kata.now = '${now}'`);
  backEnd.told.now = now;
}

function failure(error: unknown): SqlFailure {
  const { message, code, constraint, detail, table, column } = error as SqlFailure;
  const known = { code, constraint, detail, table, column };
  const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
  return Object.assign(new Error(message), { name: 'SqlFailure', ...given });
}
