import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ClientConfig } from 'pg';
import { connect } from '../../kernel/shared-server/connect.ts';
import { startingServer } from '../starting-server.ts';
import { realTime } from '../virtual-time.ts';
import { addressIn, DATABASE, KEEPER, PLAIN_USER, passwordFile, postgresFolder } from './place.ts';

/** There is no Postgres to be had. The message is one line: why, and how to mend it. */
export class NoDatabase extends Error {
  override name = 'NoDatabase';
  constructor(why: string, cause?: unknown) {
    super(`No Postgres: ${why}. Name a server of your own with DATABASE_URL=postgres://user:password@host/database`, {
      cause,
    });
  }
}

export interface Server {
  /** For answers and suites. */
  plain: ClientConfig;
  /** For schemas, and to look at and end back ends. */
  keeper: ClientConfig;
  /** Whether it is ours alone, so that what is left in it doesn't matter. */
  embedded: boolean;
  /** As a person would say it, without a password. */
  where: string;
}

const PATIENCE_MS = 40_000;
/** The program that serves, by its path: the kit imports nothing of it. */
export const startPostgres: readonly [string, string] = [
  process.execPath,
  fileURLToPath(new URL('../../lab/start-postgres.js', import.meta.url)),
];

/** The server of `DATABASE_URL`, or the embedded one, started if nobody runs it. Throws NoDatabase. */
export async function findServer(): Promise<Server> {
  const url = process.env['DATABASE_URL'];
  if (url) {
    const named = config({ connectionString: url });
    return { plain: named, keeper: named, embedded: false, where: withoutPassword(url) };
  }
  try {
    const folder = postgresFolder();
    const connecting = connect({
      folder,
      command: startPostgres,
      name: 'Postgres',
      time: realTime,
      patience: PATIENCE_MS,
    });
    const { port } = await startingServer('Postgres', connecting);
    const { host, socket } = addressIn(folder);
    const password = existsSync(passwordFile(folder)) ? readFileSync(passwordFile(folder), 'utf8') : '';
    const reached = { host, port, database: DATABASE, password };
    return {
      plain: config({ ...reached, user: PLAIN_USER }),
      keeper: config({ ...reached, user: KEEPER }),
      embedded: true,
      where: socket ? `embedded, in ${folder}` : `embedded, on 127.0.0.1:${port}`,
    };
  } catch (error) {
    const why = (error as Error).message.replace(/\.$/, '');
    throw new NoDatabase(`the embedded one can't be started (${why})`, error);
  }
}

/** Constants of each session; `RESET ALL` comes back to them. */
function config(reached: ClientConfig): ClientConfig {
  return { ...reached, application_name: 'incident-katas', options: '-c timezone=UTC -c client_min_messages=warning' };
}

export function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^:/@]*):[^@]*@/, '$1@').replace(/([?&]password=)[^&]*/, '$1…');
}
