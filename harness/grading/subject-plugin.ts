import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Vite } from 'vitest/node';
import type { Kata } from '../catalogue/catalogue.ts';
import { namesTakenFrom, refusedImport } from './answer-imports.ts';

/** Which file stands in for a kata.ts that a suite imports. */
export interface Answer {
  kata: Kata;
  subject: string;
}

/** The answers of one column, by `answerKey`: a gate's may differ from those of its katas' suites beside it. */
export type Answers = Map<string, Answer>;

/** Of a suite's path and the path of the kata.ts that it imports. */
export const answerKey = (suite: string, kataFile: string): string => `${suite}:${kataFile}`;

const STUB = '\0answer:';

export const isStub = (id: string): boolean => id.startsWith(STUB);

/**
 * Puts the answer under grade where a suite imports `./kata.ts`, and a gate `./NN-slug/kata.ts`. Between both stands a
 * stub which says what is missing where the answer doesn't export what the suite needs. Suites stay where they are.
 */
export function subjectPlugin(root: string, answers: Answers, onRead: (file: string) => void): Vite.Plugin {
  const answerAt = (file: string) => [...answers.values()].find(({ subject }) => subject === file);
  return {
    name: 'kata-subject',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!importer) return null;
      if (isStub(importer)) return source;
      if (source.endsWith('/kata.ts')) {
        const key = answerKey(importer, join(dirname(importer), source));
        return answers.has(key) ? `${STUB}${key}` : null;
      }
      const answer = answerAt(clean(importer));
      return answer ? this.resolve(source, answer.kata.file, { skipSelf: true }) : null;
    },
    load(id) {
      if (!isStub(id)) {
        // Before Vite reads it, so that a save in between is seen the next time.
        if (id.startsWith('/') && !id.includes('/node_modules/')) onRead(id);
        return null;
      }
      const answer = answers.get(id.slice(STUB.length));
      return answer ? stubOf(answer) : null;
    },
    transform(_code, id) {
      const answer = answerAt(clean(id));
      if (!answer) return null;
      const refusal = refusedImport(
        shown(root, answer.subject),
        readFileSync(answer.subject, 'utf8'),
        answer.kata.allow,
      );
      return refusal === null
        ? null
        : { code: `throw new Error(${JSON.stringify(`${REFUSED}${refusal}`)})`, map: null };
    },
  };
}

/** Marks an error that is already the one line to show. */
export const REFUSED = 'answer refused: ';

function stubOf({ kata, subject }: Answer): string {
  const names = namesTakenFrom(readFileSync(kata.suite, 'utf8'), './kata.ts');
  return [
    `import * as answer from ${JSON.stringify(subject)};`,
    `const missing = ${JSON.stringify(names)}.filter((name) => !(name in answer));`,
    'if (missing.length > 0) {',
    "  const has = Object.keys(answer).join(', ') || 'nothing';",
    "  const needs = missing.join(', ');",
    `  throw new Error(${JSON.stringify(REFUSED)} + \`${basename(subject)} must export \${needs}; it exports \${has}\`);`,
    '}',
    `export * from ${JSON.stringify(subject)};`,
  ].join('\n');
}

const clean = (id: string) => id.replace(/\?.*$/, '');

/** A path as a person knows it: from the repository where it lies in it. */
export function shown(root: string, file: string): string {
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}
