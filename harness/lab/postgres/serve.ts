import type { Service } from '../serve-folder.ts';
import { findBinaries } from './binaries.ts';
import { copyOfCluster, removeRuns } from './cluster.ts';
import { startPostgres } from './process.ts';
import { serverUser } from './server-user.ts';

/** One Postgres on a copy of an empty cluster, which is removed with it. */
export async function servePostgres(folder: string, { number }: { number: number }): Promise<Service> {
  const user = serverUser();
  const binaries = await findBinaries(folder, user);
  // What others left, who were killed.
  removeRuns(folder);
  const run = await copyOfCluster(folder, number, binaries, user);
  const { port, ended, stop } = await startPostgres({ ...run, binaries, user });
  return {
    port,
    ended,
    stop: async () => {
      await stop();
      removeRuns(folder, number);
    },
  };
}
