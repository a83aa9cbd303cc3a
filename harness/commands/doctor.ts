import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { readDigests } from '../catalogue/digests.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { problemLine } from '../kernel/problem.ts';
import { type Check, checkLines } from '../report/check-lines.ts';
import { count } from '../report/figures.ts';
import { labChecks } from './lab-checks.ts';
import { tamperedLines } from './run/tampered.ts';
import type { Terminal } from './terminal.ts';

/** What must hold on this machine, one line each. Exit code 1 if something must be mended. */
export async function doctor(root: string, { print, screen, interactive }: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const checks: Check[] = [
    nodeVersion(process.versions.node),
    install(),
    writeAccess(catalogue),
    tree(catalogue),
    asCommitted(catalogue),
    git(root),
    {
      name: 'terminal',
      state: interactive ? 'ok' : 'note',
      found: `${screen.columns} columns, ${screen.colour ? 'in colour' : 'without colour'}${interactive ? '' : '; not a terminal, so a run does not stay'}`,
    },
    {
      name: 'machine',
      state: 'ok',
      found: `${count(availableParallelism(), 'core')}, ${process.platform} ${process.arch}`,
    },
    ...(await labChecks()),
  ];
  print(checkLines(checks, screen));
  return checks.some(({ state }) => state === 'mend') ? 1 : 0;
}

export function nodeVersion(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  const found = `${version}${fits ? '' : ', too old'}`;
  return fits
    ? { name: 'Node', state: 'ok', found }
    : { name: 'Node', state: 'mend', found, remedy: 'Install Node 20.19 or later from nodejs.org.' };
}

/** The packages without which nothing is graded. */
function install(): Check {
  const missing = ['vitest', 'vite', 'nock', 'valibot', 'commander'].filter((name) => {
    try {
      return !import.meta.resolve(name);
    } catch {
      return name !== 'vite';
    }
  });
  if (missing.length === 0) return { name: 'packages', state: 'ok', found: 'installed' };
  return { name: 'packages', state: 'mend', found: `${missing.join(', ')} missing`, remedy: "Run 'pnpm install'." };
}

function writeAccess({ root, groups }: Catalogue): Check {
  const closed = groups.flatMap(({ katas }) => katas.map(({ file }) => file)).filter((file) => !isWritable(file));
  const probe = join(root, '.kata', 'write-check');
  try {
    mkdirSync(join(root, '.kata'), { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch {
    return {
      name: 'write access',
      state: 'mend',
      found: '.kata/ cannot be written',
      remedy: `Give yourself write access to ${root}.`,
    };
  }
  const [first] = closed;
  if (first === undefined) return { name: 'write access', state: 'ok', found: '.kata/ and every kata.ts' };
  const found = `${relative(root, first)} can't be written${closed.length > 1 ? `, nor can ${count(closed.length - 1, 'other')}` : ''}`;
  return { name: 'write access', state: 'mend', found, remedy: 'Give yourself write access to it.' };
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function tree({ groups, problems }: Catalogue): Check {
  const katas = groups.reduce((sum, group) => sum + group.katas.length, 0);
  const [first] = problems;
  if (!first)
    return { name: 'katas', state: 'ok', found: `${count(katas, 'kata')} in ${count(groups.length, 'group')}` };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: 'pnpm kata list')` : '';
  return {
    name: 'katas',
    state: 'mend',
    found: `${problemLine(first).replace(/\.?$/, '')}${more}`,
    remedy: "'git status' shows what was changed.",
  };
}

/** Suites, gates, recordings and starters, against digests.json. */
function asCommitted(catalogue: Catalogue): Check {
  const name = 'suites';
  if (!readDigests(catalogue.root)) {
    const remedy = "'git checkout -- digests.json' brings it back.";
    return { name, state: 'note', found: 'digests.json is missing, so an edited suite goes unnoticed', remedy };
  }
  const lines = tamperedLines(
    catalogue,
    catalogue.groups.flatMap(({ katas }) => katas),
  );
  const [first] = lines;
  if (first === undefined) return { name, state: 'ok', found: 'as committed, recordings and starters too' };
  const more =
    lines.length > 1
      ? `${count(lines.length - 1, 'more such file')}: 'git status' lists them.`
      : "'git status' lists it.";
  return { name, state: 'mend', found: first.replace(/\.$/, ''), remedy: more };
}

function git(root: string): Check {
  try {
    const version = execFileSync('git', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    execFileSync('git', ['-C', root, 'rev-parse', '--git-dir'], { stdio: 'ignore' });
    return { name: 'git', state: 'ok', found: version };
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const found = absent ? 'not installed' : 'this folder is not a clone';
    return {
      name: 'git',
      state: 'note',
      found,
      remedy: 'Only needed to bring back a file that was edited by mistake.',
    };
  }
}
