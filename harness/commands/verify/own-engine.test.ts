import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answer, kata, root } from '../../grading/fixtures/kata-under-test.ts';
import { openGrader } from '../../grading/grader.ts';
import { answersTo } from './answers.ts';
import { gradeOnOwnEngines } from './own-engine.ts';

/** As an engine that starts while the answer is loaded; longer than a learner's answer may be silent. */
const slowToLoad = `// On an engine of its own: six seconds.
await new Promise((resolve) => setTimeout(resolve, 6_000));
export const askTwice = (ask: (q: string) => Promise<string>) => (q: string) => ask(q).catch(() => ask(q));`;

test('an engine may take its time to start, in verify and nowhere else, and is played on five seeds', async () => {
  const subject = answer('slow-to-load', slowToLoad);
  const one = { kata, subject };
  const seeds = [1, 2, 3, 4, 5, 6, 7];
  const usual = await openGrader({ root });
  try {
    const [apart, [ordinary]] = await Promise.all([
      gradeOnOwnEngines(root, [one], seeds),
      usual.grade([{ ...one, seeds }]),
    ]);
    expect(apart.get(one)).toMatchObject({ verdict: 'pass', seeds: [1, 2, 3, 4, 5] });
    expect(ordinary).toMatchObject({
      verdict: 'timeout',
      error: expect.stringMatching(/slow-to-load.ts was stopped: it never finished loading/),
    });
  } finally {
    await usual.close();
  }
});

test('only the first line of another right answer says that it is on an engine of its own', () => {
  const solutionFolder = mkdtempSync(join(tmpdir(), 'own-engine-'));
  const mark = '// On an engine of its own: SQL.\n';
  const files = {
    'wrong/marked.ts': mark,
    'also-right/marked.ts': mark,
    'also-right/marked-too-late.ts': `// Plain.\n${mark}`,
    'also-right/plain.ts': '// On an engine of the house.\n',
  };
  try {
    for (const folder of ['wrong', 'also-right']) mkdirSync(join(solutionFolder, folder));
    for (const [file, source] of Object.entries(files)) writeFileSync(join(solutionFolder, file), source);
    const { answers } = answersTo({ ...kata, solutionFolder }, root, solutionFolder);
    expect(answers.filter(({ ownEngine }) => ownEngine).map(({ file }) => file)).toEqual(['also-right/marked.ts']);
  } finally {
    rmSync(solutionFolder, { recursive: true });
  }
});
