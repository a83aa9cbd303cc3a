import { defineConfig } from 'vitest/config';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { answerKey, subjectPlugin } from '../grading/subject-plugin.ts';

// Read inside Stryker's sandbox, whose root is a copy of the repository's: one kata's own suite, with its solution as
// the answer. MUTATED_KATA names it, KATA_SEEDS says on which seeds.
const root = process.cwd();
const kata = selectKata(loadCatalogue(root), process.env.MUTATED_KATA ?? '');
const answers = new Map([[answerKey(kata.suite, kata.file), { kata, subject: kata.solution }]]);

export default defineConfig({
  root,
  plugins: [subjectPlugin(root, answers, () => {})],
  test: { include: [kata.suite.slice(root.length + 1)], setupFiles: ['./harness/kit/virtual-time.ts'] },
});
