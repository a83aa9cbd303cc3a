import type { ClientConfig, QueryResult } from 'pg';
import { realTime } from '../virtual-time.ts';
import { NoDatabase } from './server.ts';

/** What is used of `pg`'s client; its types leave some of it out. */
interface Client {
  processID: number;
  connection: { stream: { destroy(): void } };
  connect(): Promise<unknown>;
  query(text: string, values?: readonly unknown[]): Promise<QueryResult | QueryResult[]>;
  end(): Promise<void>;
  on(event: 'error' | 'end', heard: () => void): unknown;
  getTransactionStatus(): 'I' | 'T' | 'E' | null;
  ref(): void;
  unref(): void;
}

/** One connection to Postgres: one back end there. It runs one statement at a time. */
export interface BackEnd {
  client: Client;
  /** Of the process at the other end. */
  pid: number;
  /** What its session believes the time to be; undefined: nobody said. */
  told: { now?: string };
  /** It ended, or will in a moment. */
  gone: boolean;
  /** Resolves when it has ended, and its locks are free. */
  ended: Promise<void>;
}

const PATIENCE_MS = 10_000;

/** No connection is free, or the server is just starting: somebody else's end is waited for. */
const PASSING = ['53300', '57P03'];
const PAUSE_MS = 50;

/** Throws NoDatabase where nobody answers, or not in time. */
export async function openBackEnd(config: ClientConfig, where: string, patienceMs = PATIENCE_MS): Promise<BackEnd> {
  const deadline = realTime.now() + patienceMs;
  for (;;) {
    try {
      return await connectOnce(config, deadline - realTime.now());
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      if (!PASSING.includes(code) || realTime.now() > deadline - PAUSE_MS) {
        throw new NoDatabase(`${where} can't be reached (${message})`, error);
      }
      await new Promise<void>((resolve) => realTime.setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function connectOnce(config: ClientConfig, mostMs: number): Promise<BackEnd> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...config, types: { getTypeParser: typeParser(pg.types) } }) as unknown as Client;
  const ended = new Promise<void>((resolve) => client.on('end', resolve));
  const backEnd: BackEnd = { client, pid: 0, told: {}, gone: false, ended };
  const gone = () => {
    backEnd.gone = true;
  };
  client.on('error', gone);
  client.on('end', gone);
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = realTime.setTimeout(() => reject(new Error(`no answer for ${(mostMs / 1000).toFixed(1)} s`)), mostMs);
  });
  try {
    await Promise.race([client.connect(), tooLong]);
  } catch (error) {
    gone();
    client.connection.stream.destroy();
    throw error;
  } finally {
    realTime.clearTimeout(timer);
  }
  backEnd.pid = client.processID;
  // Nobody's process has to stay for an idle connection.
  client.unref();
  return backEnd;
}

/** Sends one statement as it is, and waits for what comes back. */
export async function send(backEnd: BackEnd, text: string, values?: readonly unknown[]): Promise<QueryResult> {
  const { client } = backEnd;
  client.ref();
  try {
    // Without values several statements may stand in one text; the last one's result is given.
    const result = await (values?.length ? client.query(text, values.map(asSent)) : client.query(text));
    return Array.isArray(result) ? (result.at(-1) as QueryResult) : result;
  } finally {
    client.unref();
  }
}

/** Whether a transaction is open, or was and has failed. */
export const inTransaction = ({ client }: BackEnd): boolean => client.getTransactionStatus() !== 'I';

/** `pg` writes a Date in the machine's own time zone; a column without one would take it as it is. */
const asSent = (value: unknown) => (value instanceof Date ? value.toISOString() : value);

/** As '2026-03-03 09:41:00.5'; 'infinity' is nothing that a Date could hold. */
const inUtc = (text: string) => new Date(`${text.replace(' ', 'T')}Z`);

type Types = typeof import('pg').types;

function typeParser(types: Types): Types['getTypeParser'] {
  const { builtins } = types;
  const parse = (oid: number, format?: 'text' | 'binary') => {
    if (oid === builtins.TIMESTAMP) return inUtc;
    if (oid === builtins.DATE) return (text: string) => text;
    return types.getTypeParser(oid, format as 'text');
  };
  return parse as Types['getTypeParser'];
}
