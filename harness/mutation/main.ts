import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Kata } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { select } from '../catalogue/select.ts';
import { wholeNumber } from '../commands/seeds.ts';
import { saysOwnEngine } from '../commands/verify/own-engine.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { mutate } from './mutate.ts';

// pnpm mutate 1.5 group2 [--seeds N] [--also-right]: does each kata's suite see every change to its solution, or to the
// other right answers? They are written otherwise and can be wrong in other ways. One after another.

const root = dirname(dirname(import.meta.dirname));

/** Those on engines of their own are for `verify` only. */
function alsoRight({ solutionFolder }: Kata): string[] {
  const folder = join(solutionFolder, 'also-right');
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((file) => !saysOwnEngine(file));
}

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { seeds: { type: 'string' }, 'also-right': { type: 'boolean' } },
  });
  const seeds = wholeNumber('--seeds', 1, 100)(values.seeds ?? '3');
  for (const kata of select(loadCatalogue(root), positionals).katas) {
    for (const answer of values['also-right'] ? alsoRight(kata) : [kata.solution]) {
      const { mutants, killed, survivors } = await mutate(root, kata, answer, seeds);
      const of = `${kata.id} ${kata.pattern}, ${basename(answer)}`;
      console.log(`${of}: ${mutants} mutants, ${killed} killed, ${survivors.length} survived`);
      for (const line of survivors) console.log(`  ${line}`);
    }
  }
} catch (error) {
  if (!(error instanceof HarnessError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.exitCode;
}
