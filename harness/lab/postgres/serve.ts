import type { Service } from '../serve-folder.ts';
import { findBinaries } from './binaries.ts';
import { copyOfCluster, removeCluster, removeRuns } from './cluster.ts';
import { startPostgres } from './process.ts';
import { serverUser } from './server-user.ts';

/** One Postgres on a copy of an empty cluster, which is removed with it. */
export async function servePostgres(folder: string, { number }: { number: number }): Promise<Service> {
  const user = serverUser();
  const binaries = await findBinaries(folder, user);
  // What others left, who were killed.
  removeRuns(folder);
  const start = async () => startPostgres({ ...(await copyOfCluster(folder, number, binaries, user)), binaries, user });
  const { port, ended, stop } = await start().catch(() => {
    // A folder for temporary files loses some of them in time: made anew, the cluster is whole.
    removeRuns(folder, number);
    removeCluster(folder);
    return start();
  });
  return {
    port,
    ended,
    stop: async () => {
      await stop();
      removeRuns(folder, number);
    },
  };
}
