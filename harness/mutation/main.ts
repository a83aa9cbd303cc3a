import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { loadCatalogue } from '../catalogue/load.ts';
import { select } from '../catalogue/select.ts';
import { wholeNumber } from '../commands/seeds.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { mutate } from './mutate.ts';

// pnpm mutate 1.5 group2 [--seeds N]: does each kata's suite see every change to its solution? One kata after another.

const root = dirname(dirname(import.meta.dirname));

try {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { seeds: { type: 'string' } } });
  const seeds = wholeNumber('--seeds', 1, 100)(values.seeds ?? '3');
  for (const kata of select(loadCatalogue(root), positionals).katas) {
    const { mutants, killed, survivors } = await mutate(root, kata, seeds);
    console.log(`${kata.id} ${kata.pattern}: ${mutants} mutants, ${killed} killed, ${survivors.length} survived`);
    for (const line of survivors) console.log(`  ${line}`);
  }
} catch (error) {
  if (!(error instanceof HarnessError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.exitCode;
}
