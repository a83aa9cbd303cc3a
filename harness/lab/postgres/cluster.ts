import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addressIn, DATABASE, KEEPER, PLAIN_USER, passwordFile } from '../../kit/sql/place.ts';
import type { Binaries } from './binaries.ts';
import { closedToOthers, type ServerUser } from './server-user.ts';

export interface Run {
  /** The cluster's data. */
  data: string;
  /** The folder of its socket; undefined where it is reached by TCP. */
  socket: string | undefined;
  number: number;
}

/**
 * An empty cluster is made once and kept; each run of the server gets a copy, which takes a tenth of the time. So no run
 * finds what another left, and a crash leaves nothing to recover.
 */
export async function copyOfCluster(
  folder: string,
  number: number,
  binaries: Binaries,
  user: ServerUser,
): Promise<Run> {
  const closed = user.uid === undefined ? undefined : closedToOthers(folder);
  if (closed !== undefined) {
    throw new Error(
      `${closed} can't be entered by ${user.name}, who runs the server for root: set TMPDIR to another folder`,
    );
  }
  const { host, socket } = addressIn(folder);
  if (socket) ownedBy(user, host);
  const kept = keptCluster(folder);
  if (!existsSync(kept)) await makeCluster(kept, folder, binaries, user);
  const run = runFolder(folder, number);
  ownedBy(user, run);
  const data = join(run, 'data');
  await copy(kept, data, user);
  return { data, socket: socket ? host : undefined, number };
}

/** Removes what runs of the server left: that one, or all. What a server that is just ending still writes stays. */
export function removeRuns(folder: string, number?: number): void {
  const runs = number === undefined ? readdirSync(folder).filter((name) => /^run-\d+$/.test(name)) : [`run-${number}`];
  for (const run of runs) {
    try {
      rmSync(join(folder, run), { recursive: true, force: true });
    } catch {
      // The next server comes by.
    }
  }
}

export function removeCluster(folder: string): void {
  rmSync(keptCluster(folder), { recursive: true, force: true });
}

const keptCluster = (folder: string) => join(folder, 'empty');
const runFolder = (folder: string, number: number) => join(folder, `run-${number}`);

/** Everything but the kind of environment that changes what Postgres does. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(own), LC_ALL: 'C', TZ: 'UTC' };
}

async function makeCluster(
  kept: string,
  folder: string,
  { initdb, postgres }: Binaries,
  user: ServerUser,
): Promise<void> {
  const draft = `${kept}.${process.pid}`;
  ownedBy(user, draft);
  const data = join(draft, 'data');
  const password = passwordOf(folder);
  const handedOver = join(draft, 'password');
  writeFileSync(handedOver, password, { mode: 0o600 });
  if (user.uid !== undefined) chownSync(handedOver, user.uid, user.gid ?? user.uid);
  const flags = [
    ...[
      '--pgdata',
      data,
      '--username',
      KEEPER,
      '--pwfile',
      handedOver,
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
    ],
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ...['--text-search-config=english', '--no-sync', '--wal-segsize=1'],
  ];
  await promisify(execFile)(initdb, flags, { env: serverEnvironment(), ...ids(user) }).catch((error: Error) => {
    throw new Error(/(?:error|FATAL|PANIC): .*/.exec(error.message)?.[0] ?? error.message, { cause: error });
  });
  // Answers are nobody: no superuser, who could read files and start programs.
  const statements = [
    `CREATE ROLE ${PLAIN_USER} LOGIN PASSWORD '${password}'`,
    `ALTER DATABASE postgres RENAME TO ${DATABASE}`,
    `GRANT CREATE ON DATABASE ${DATABASE} TO ${PLAIN_USER}`,
  ];
  await singleUser(postgres, data, statements, user);
  try {
    renameSync(data, kept);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(kept)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function singleUser(postgres: string, data: string, statements: string[], user: ServerUser): Promise<void> {
  return new Promise((resolve, reject) => {
    const flags = ['--single', '-D', data, '-c', 'fsync=off', 'template1'];
    const child = spawn(postgres, flags, { env: serverEnvironment(), stdio: ['pipe', 'ignore', 'pipe'], ...ids(user) });
    let complained = '';
    child.stderr.on('data', (text: Buffer) => {
      complained += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const error = /(?:ERROR|FATAL): .*/.exec(complained)?.[0];
      if (code === 0 && error === undefined) resolve();
      else reject(new Error(error ?? `postgres ended with ${code}`));
    });
    child.stdin.end(statements.map((statement) => `${statement}\n`).join(''));
  });
}

function passwordOf(folder: string): string {
  const file = passwordFile(folder);
  if (!existsSync(file)) writeFileSync(file, randomBytes(16).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/** By the server's user, for whoever copies owns the copy. */
async function copy(from: string, to: string, user: ServerUser): Promise<void> {
  if (process.platform === 'win32') cpSync(from, to, { recursive: true });
  else await promisify(execFile)('cp', ['-R', from, to], ids(user));
}

export const ids = ({ uid, gid }: ServerUser): { uid?: number; gid?: number } =>
  uid === undefined ? {} : { uid, ...(gid !== undefined && { gid }) };

function ownedBy({ uid, gid }: ServerUser, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (uid !== undefined) chownSync(folder, uid, gid ?? uid);
}
