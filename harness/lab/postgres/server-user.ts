import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whom the server runs as; empty where that is whoever started it. */
export interface ServerUser {
  uid?: number;
  gid?: number;
  name?: string;
}

const WILLING = ['postgres', 'nobody'];

/** Postgres refuses to run as root: then it runs as somebody who is there and may do little. */
export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const wanted of WILLING) {
    const [name, , uid, gid] = users.find(([name]) => name === wanted) ?? [];
    if (name !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`Postgres doesn't run as root, and there is no user ${WILLING.join(' or ')} to run it as`);
}

/** The nearest folder above (or at) this path that others than its owner may not enter. */
export function closedToOthers(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return at;
    if (at === dirname(at)) return undefined;
  }
}
