import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder of a server that this user's suites share on this machine, made if it isn't there; another one for each
 * `kind`. Its name is short, for a socket's path may have no more than 104 bytes. Throws where it belongs to somebody
 * else.
 */
export function labFolder(kind: string): string {
  const uid = process.getuid?.() ?? 'user';
  const folder = join(tmpdir(), `katas-${uid}-${createHash('sha256').update(kind).digest('hex').slice(0, 8)}`);
  mkdirSync(folder, { recursive: true });
  const { uid: owner, mode } = lstatSync(folder);
  if (process.getuid && owner !== uid) throw new Error(`${folder} belongs to another user`);
  // Postgres doesn't run as root, so its server is somebody else then, who has to get through.
  const wanted = uid === 0 ? 0o711 : 0o700;
  if (process.getuid && (mode & 0o777) !== wanted) chmodSync(folder, wanted);
  return folder;
}
