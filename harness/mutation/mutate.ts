import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import type { Kata } from '../catalogue/catalogue.ts';

/** What became of the mutants of one answer. */
export interface Mutated {
  mutants: number;
  killed: number;
  /** One line each: file:line:column, what was there, what stood in its place. */
  survivors: string[];
}

type Options = ConstructorParameters<typeof Stryker>[0];
type Result = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** All that a suite needs: the rest isn't copied into the sandbox. */
const COPIED = ['harness', 'katas', 'solutions', 'package.json'];

/** Plays the kata's own suite on every mutant of a right answer (absolute path), each on the seeds 1 to `seeds`. */
export async function mutate(root: string, kata: Kata, answer: string, seeds: number): Promise<Mutated> {
  const file = relative(root, answer);
  Object.assign(process.env, { MUTATED_KATA: kata.id, MUTATED_ANSWER: file, KATA_SEEDS: `1..${seeds}` });
  const stryker = new Stryker({
    mutate: [file],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'harness/mutation/vitest.config.ts', related: false },
    ignorePatterns: ['/*', ...COPIED.map((name) => `!/${name}`), '*.test.ts', `!/${relative(root, kata.suite)}`],
    disableTypeChecks: false,
    inPlace: false,
    concurrency: 2,
    reporters: [],
    logLevel: 'error' as NonNullable<Options['logLevel']>,
    allowConsoleColors: false,
  });
  const results = await stryker.runMutationTest();
  const source = readFileSync(answer, 'utf8');
  const survivors = results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
  return {
    mutants: results.length,
    killed: results.length - survivors.length,
    survivors: survivors.map((mutant) => survivorLine(file, source, mutant)),
  };
}

function survivorLine(file: string, source: string, { location, replacement = '', status }: Result): string {
  const { start, end } = location;
  const lines = source.split('\n');
  const offset = ({ line, column }: typeof start) =>
    lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0) + column - 1;
  const was = source.slice(offset(start), offset(end));
  const note = status === 'NoCoverage' ? ' (the suite never gets there)' : '';
  return `${file}:${start.line}:${start.column}  ${oneLine(was)}  →  ${oneLine(replacement)}${note}`;
}

const oneLine = (code: string) => code.replaceAll(/\s+/g, ' ');
