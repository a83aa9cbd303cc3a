import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Learner } from './journal.ts';

const DEFAULT_COHORT = 'self-taught';

/**
 * Who learns here, from a file that is made the first time: an id of this workbook's own, a name where git or
 * KATA_LEARNER knows one, and a cohort. Two terminals that make it at once agree. Throws where the file is broken.
 */
export function learnerIn(file: string, env: Record<string, string | undefined>): Learner {
  const found = read(file);
  if (found) return found;
  const learner: Learner = {
    id: randomUUID(),
    name: env['KATA_LEARNER']?.trim() || gitName(dirname(file)),
    cohort: slug(env['KATA_COHORT'] ?? '') || DEFAULT_COHORT,
  };
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(learner, null, 2)}\n`);
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return read(file) ?? learner;
}

function read(file: string): Learner | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { id, name, cohort } = parse(file, text);
  if (typeof id !== 'string' || !/^[\w-]{8,64}$/.test(id)) throw broken(file);
  return { id, name: typeof name === 'string' ? name : null, cohort: slug(String(cohort ?? '')) || DEFAULT_COHORT };
}

function parse(file: string, text: string): Partial<Record<keyof Learner, unknown>> {
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw broken(file, cause);
  }
}

const broken = (file: string, cause?: unknown) =>
  new Error(`${file} doesn't say who you are; put its "id" back (the name of your stream without "learner-")`, {
    cause,
  });

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);

/** Null where there is no git, or it doesn't know who this is. */
function gitName(folder: string): string | null {
  try {
    const git = execFileSync('git', ['config', 'user.name'], {
      cwd: dirname(folder),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2000,
    });
    return git.trim() || null;
  } catch {
    return null;
  }
}
