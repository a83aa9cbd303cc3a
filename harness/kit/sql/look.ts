import { keep, server } from './this-thread.ts';

/** Where this machine's Postgres is, which starts if it doesn't run. Throws NoDatabase. */
export async function lookAtPostgres(): Promise<{ where: string; version: string; embedded: boolean }> {
  const { where, embedded } = await server();
  const { rows } = await keep('SHOW server_version');
  return { where, embedded, version: String(rows[0]?.server_version) };
}
