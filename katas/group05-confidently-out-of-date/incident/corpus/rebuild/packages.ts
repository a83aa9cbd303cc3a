import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Documentation of three majors, each from the package as published. Its `docs/` is under the MIT licence. */
export const FASTIFY = [
  {
    major: 3,
    version: '3.29.5',
    released: '2020-07-07',
    integrity: 'sha512-FBDgb1gkenZxxh4sTD6AdI6mFnZnsgckpjIXzIvfLSYCa4isfQeD8QWGPib63dxq6btnY0l1j8I0xYhMvUb+sw==',
  },
  {
    major: 4,
    version: '4.29.1',
    released: '2022-06-08',
    integrity: 'sha512-m2kMNHIG92tSNWv+Z3UeTR9AWLLuo7KctC7mlFPtMEVrfjIhmQhkQnT9v15qA/BfVq3vvj134Y0jl9SBje3jXQ==',
  },
  {
    major: 5,
    version: '5.12.8',
    released: '2024-09-17',
    integrity: 'sha512-moP8exb2sCHLUbJkwp+I6C0padhy4D8lp0SdmzY7HhSdZuqm7O/u3o2aq7u8okaQ//33QDzj3G/u+FsSdB8Qzw==',
  },
] as const;

const npm = (args: readonly string[], cwd: string) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

/** The folder that a package of npm was unpacked to, once its bytes are those that we know. */
export function unpacked(name: string, version: string, integrity: string, folder: string): string {
  const [tarball] = JSON.parse(npm(['pack', `${name}@${version}`, '--json'], folder)) as [{ filename: string }];
  const file = join(folder, tarball.filename);
  const hash = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (hash !== integrity) throw new Error(`${name}@${version} has other bytes than those that the corpus was made of`);
  const into = join(folder, `${name}-${version}`);
  mkdirSync(into);
  execFileSync('tar', ['xzf', file, '-C', into, '--strip-components=1']);
  return into;
}

/** Packages to run, with their dependencies, in a folder of their own. */
export function installed(packages: readonly string[], folder: string): string {
  npm(['init', '--yes'], folder);
  npm(['install', '--no-audit', '--no-fund', '--save-exact', ...packages], folder);
  return folder;
}
