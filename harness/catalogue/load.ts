import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Problem } from '../kernel/problem.ts';
import type { Catalogue, Group, Kata } from './catalogue.ts';
import { GROUP_NAMES } from './group-names.ts';
import { parseKataFacts } from './kata-facts.ts';

/** Finds the groups and katas under `root`. A broken one is a problem; the rest still loads. */
export function loadCatalogue(root: string): Catalogue {
  const problems: Problem[] = [];
  const groups = foldersIn(join(root, 'katas'), /^group(\d\d)-[a-z0-9-]+$/).map(({ name, number }) =>
    loadGroup(root, name, number, problems),
  );
  return { root, groups, problems };
}

function loadGroup(root: string, slug: string, number: number, problems: Problem[]): Group {
  const folder = join(root, 'katas', slug);
  const solutionFolder = join(root, 'solutions', slug);
  const gate = join(folder, 'gate.test.ts');
  requireReadme(root, folder, problems);
  const katas = foldersIn(folder, /^(\d\d)-[a-z0-9-]+$/).flatMap((found) => {
    const kata = loadKata(root, { folder, solutionFolder, number }, found, problems);
    return kata ? [kata] : [];
  });
  const name = GROUP_NAMES[number] ?? slug;
  return { number, slug, name, folder, solutionFolder, ...(existsSync(gate) && { gate }), katas };
}

function loadKata(
  root: string,
  group: { folder: string; solutionFolder: string; number: number },
  { name, number }: Found,
  problems: Problem[],
): Kata | undefined {
  const folder = join(group.folder, name);
  const file = relative(root, join(folder, 'kata.json'));
  const source = readIfThere(join(folder, 'kata.json'));
  requireReadme(root, folder, problems);
  if (source === undefined) {
    problems.push({ file, message: 'is missing', remedy: 'Every kata has one; CONTRIBUTING.md shows it.' });
    return undefined;
  }
  const parsed = parseKataFacts(file, source);
  if ('problem' in parsed) {
    problems.push(parsed.problem);
    return undefined;
  }
  const id = `${group.number}.${number}`;
  if (parsed.facts.id !== id) {
    const line = source.split('\n').findIndex((text) => text.includes('"id"')) + 1;
    const message = `"id" is ${parsed.facts.id}, and the folder's numbers say ${id}`;
    problems.push({ file, line, message, remedy: 'Make both the same.' });
  }
  const solutionFolder = join(group.solutionFolder, name);
  return {
    ...parsed.facts,
    id,
    group: group.number,
    number,
    slug: name,
    folder,
    file: join(folder, 'kata.ts'),
    suite: join(folder, 'kata.test.ts'),
    recordingFile: join(folder, 'incident.jsonl'),
    solutionFolder,
    starter: join(solutionFolder, 'starter.ts'),
    solution: join(solutionFolder, 'kata.ts'),
  };
}

interface Found {
  name: string;
  number: number;
}

function foldersIn(folder: string, pattern: RegExp): Found[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const number = pattern.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number || a.name.localeCompare(b.name));
}

function requireReadme(root: string, folder: string, problems: Problem[]): void {
  const path = join(folder, 'README.md');
  if (!readIfThere(path)?.trim()) {
    const remedy = 'Write it: the failure first, then the task.';
    problems.push({ file: relative(root, path), message: 'is missing or empty', remedy });
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
