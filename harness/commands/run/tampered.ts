import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Catalogue, Kata } from '../../catalogue/catalogue.ts';
import { editedFiles, editedLines } from '../../catalogue/digests.ts';
import { parseEvents } from '../../incident/parse-events.ts';
import { problemLine } from '../../kernel/problem.ts';

/**
 * One line for each file of these katas that isn't as committed and decides what their results mean: a suite, a gate, a
 * recording, a starter. A recording that is missing, or has a broken line, is said with that line.
 */
export function tamperedLines(catalogue: Catalogue, katas: readonly Kata[]): string[] {
  const { root } = catalogue;
  const missing = katas.flatMap(({ suite, recordingFile }) =>
    [suite, recordingFile].filter((file) => !existsSync(file)),
  );
  const broken = editedFiles(catalogue, katas)
    .filter((path) => path.endsWith('.jsonl'))
    .flatMap((path) => parseEvents(path, readFileSync(join(root, path), 'utf8')).problems)
    .map(problemLine);
  return [
    ...missing
      .map((file) => relative(root, file))
      .map((path) => `${path} is missing. 'git checkout -- ${path}' brings it back.`),
    ...editedLines(catalogue, katas),
    ...broken,
  ];
}
