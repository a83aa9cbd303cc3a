import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalogue } from './load.ts';

const root = dirname(dirname(import.meta.dirname));
const katas = loadCatalogue(root).groups.flatMap((group) => group.katas);

// In a learner's tree kata.ts may be anything, so this holds where the tree is as shipped: CI says so.
test.runIf(process.env['CI'])('each kata.ts as shipped is the pristine starter', () => {
  const edited = katas.filter(({ file, starter }) => readFileSync(file, 'utf8') !== readFileSync(starter, 'utf8'));
  expect(edited.map(({ id }) => id)).toEqual([]);
});
