import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { answerKey, subjectPlugin } from '../grading/subject-plugin.ts';

// Read inside Stryker's sandbox, whose root is a copy of the repository's: the suite of MUTATED_KATA with MUTATED_ANSWER
// (from the repository) in place of the learner's file, on KATA_SEEDS.
const root = process.cwd();
const kata = selectKata(loadCatalogue(root), process.env.MUTATED_KATA ?? '');
const subject = join(root, process.env.MUTATED_ANSWER ?? '');
const answers = new Map([[answerKey(kata.suite, kata.file), { kata, subject }]]);

export default defineConfig({
  root,
  plugins: [subjectPlugin(root, answers, () => {})],
  test: { include: [kata.suite.slice(root.length + 1)], setupFiles: ['./harness/kit/virtual-time.ts'] },
});
