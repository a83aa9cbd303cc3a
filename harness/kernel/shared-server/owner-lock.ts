import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

// One process owns a folder. It writes where it is reached to `owner-N.json`, N being one more than its predecessor's,
// and nobody ever takes a number again: two that find the same dead owner want the same next number, and the file system
// gives it to one of them. An owner that goes in peace says so in its file, which stays.

export interface Owner {
  /** On 127.0.0.1. */
  port: number;
  /** Proves that what listens on the port is the owner, and not a later user of it. */
  token: string;
  pid: number;
  host: string;
  /** Whether the owner has gone in peace. */
  released: boolean;
}

export interface Lock {
  number: number;
  owner: Owner;
}

const lockFile = /^owner-(\d+)\.json$/;

/** The newest lock of the folder, if there ever was one. */
export function readLock(folder: string): Lock | undefined {
  const numbers = lockNumbers(folder);
  for (const number of numbers.sort((a, b) => b - a)) {
    const owner = readOwner(lockPath(folder, number));
    if (owner !== undefined) return { number, owner };
  }
  return undefined;
}

/**
 * Takes the folder over from the lock with this number, which must have been found released or dead (0: there was none).
 * Undefined: somebody else was faster.
 */
export function takeLock(folder: string, previous: number, address: { port: number; token: string }): Lock | undefined {
  mkdirSync(folder, { recursive: true });
  const number = previous + 1;
  const owner: Owner = { ...address, pid: process.pid, host: hostname(), released: false };
  if (!createWhole(lockPath(folder, number), JSON.stringify(owner))) return undefined;
  const numbers = lockNumbers(folder);
  // A slow one may have got a number again that later owners have tidied away.
  const overtaken = numbers.some((other) => other > number);
  for (const other of numbers) if (other < number && !overtaken) rmSync(lockPath(folder, other), { force: true });
  if (!overtaken) return { number, owner };
  rmSync(lockPath(folder, number), { force: true });
  return undefined;
}

/** Says that the owner has gone in peace. */
export function releaseLock(folder: string, { number, owner }: Lock): void {
  writeFileSync(lockPath(folder, number), JSON.stringify({ ...owner, released: true }), { mode: 0o600 });
}

export function lockPath(folder: string, number: number): string {
  return join(folder, `owner-${number}.json`);
}

function lockNumbers(folder: string): number[] {
  try {
    return readdirSync(folder).flatMap((name) => (lockFile.test(name) ? Number(lockFile.exec(name)?.[1]) : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch (error) {
    // A newer owner has tidied it away, or a machine that lost its power left it empty.
    if (error instanceof SyntaxError) return { port: 0, token: '', pid: 0, host: hostname(), released: true };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates a file that nobody sees half-written. False: it exists. */
function createWhole(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
