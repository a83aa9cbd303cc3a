import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Catalogue, Group, Kata } from './catalogue.ts';

/** sha256 by path from the repository, of whatever a learner isn't meant to edit. Committed as digests.json. */
export type Digests = Record<string, string>;

export const digestsFile = (root: string): string => join(root, 'digests.json');

/** As digests.json is written: sorted, one file a line. */
export function digestsText(catalogue: Catalogue): string {
  const files = catalogue.groups.flatMap((group) => [...groupFiles(group), ...group.katas.flatMap(kataFiles)]);
  const entries = files.map((file) => [relative(catalogue.root, file), digestOf(file)] as const);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

/** What is committed; undefined where the file is missing or unreadable. */
export function readDigests(root: string): Digests | undefined {
  try {
    return JSON.parse(readFileSync(digestsFile(root), 'utf8')) as Digests;
  } catch {
    return undefined;
  }
}

/** Files of these katas and their groups that are no longer as committed, relative to the repository. */
export function editedFiles(catalogue: Catalogue, katas: readonly Kata[]): string[] {
  const digests = readDigests(catalogue.root);
  if (!digests) return [];
  const groups = catalogue.groups.filter(({ number }) => katas.some(({ group }) => group === number));
  return [...groups.flatMap(groupFiles), ...katas.flatMap(kataFiles)]
    .map((file) => ({ file, path: relative(catalogue.root, file) }))
    .filter(({ file, path }) => digests[path] !== undefined && digests[path] !== digestOf(file))
    .map(({ path }) => path);
}

/** One line per edited file, for those who run it. */
export function editedLines(catalogue: Catalogue, katas: readonly Kata[]): string[] {
  return editedFiles(catalogue, katas).map((path) => {
    const kata = katas.find(({ folder, solutionFolder }) =>
      [folder, solutionFolder].some((place) => join(catalogue.root, path).startsWith(`${place}/`)),
    );
    const what = kata ? `${path.split('/').at(-1)} of ${kata.id}` : path;
    return `${what} was edited: results don't count. 'git checkout -- ${path}' brings it back.`;
  });
}

/** A gate, and all that its incident is made of, in the order of their paths. */
export function groupFiles({ folder, gate }: Group): string[] {
  const incident = join(folder, 'incident');
  const scripts = existsSync(incident) ? filesUnder(incident) : [];
  return [...(gate === undefined ? [] : [gate]), ...scripts].filter((file) => existsSync(file));
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

function kataFiles({ suite, recordingFile, starter }: Kata): string[] {
  return [suite, recordingFile, starter].filter((file) => existsSync(file));
}

function digestOf(file: string): string {
  // A checkout with CRLF is not an edit.
  return createHash('sha256').update(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).digest('hex');
}
