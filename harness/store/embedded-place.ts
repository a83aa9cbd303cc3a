import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect, NoServer } from '../kernel/shared-server/connect.ts';
import type { Place } from './place.ts';
import { StoreUnavailable } from './store-errors.ts';

const entry = fileURLToPath(new URL('./start-server.js', import.meta.url));

/** The project's own server over this folder, started if nobody runs it. Throws StoreUnavailable. */
export async function embeddedPlace(folder: string): Promise<Place> {
  try {
    makeFolder(folder);
    const { port, reports, release } = await connect({ folder, command: [process.execPath, entry] });
    return {
      url: `esdb://127.0.0.1:${port}?tls=false`,
      name: `The event store in ${folder}`,
      where: `${folder}, served on 127.0.0.1:${port} for this machine only, without TLS and users`,
      notices: reports,
      release: async () => release(),
    };
  } catch (error) {
    throw new StoreUnavailable(oneLine(folder, error), { cause: error });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    // On a read-only disk Node says that the folder doesn't exist; without `recursive` it says why.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(folder);
  }
}

function oneLine(folder: string, error: unknown): string {
  if (error instanceof NoServer) return error.message;
  const { code, message, path = folder } = error as NodeJS.ErrnoException;
  const why = { EACCES: 'this user may not write there', EROFS: 'the file system is read-only' }[code ?? ''];
  return why === undefined ? message : `${path}: ${why} (${code}). Give this user access to it.`;
}
