import { expect, test } from 'vitest';
import type { Verification } from '../report/verify-lines.ts';
import { testTally, verifyTally } from './self-test.ts';

const clean: Verification = {
  katas: [
    {
      id: '1.5',
      path: 'katas/x',
      starter: { passed: 1, failed: 2 },
      solution: { passed: 3, failed: 0, seeds: 5 },
      wrong: [{ file: 'wrong/a.ts', rejected: true, by: 'incident' }],
      alsoRight: [{ file: 'also-right/b.ts', accepted: true, seeds: 5 }],
      coverage: { lines: 1, branches: 1 },
    },
  ],
  gates: [{ group: 'group1', starter: 'red', solution: 'green', seeds: 5 }],
  problems: [],
};

test('each answer and each side of a gate counts as one check', () => {
  expect(verifyTally(clean)).toEqual({ passed: 6, failed: 0, skipped: 0 });
});

test('a starter that passes, a wrong answer that is accepted and a red gate are failures', () => {
  const [kata] = clean.katas;
  if (!kata) throw new Error('the fixture has a kata');
  const broken: Verification = {
    katas: [{ ...kata, starter: { passed: 3, failed: 0 }, wrong: [{ file: 'wrong/a.ts', rejected: false, by: null }] }],
    gates: [{ group: 'group1', starter: 'red', solution: 'red', seeds: 5 }],
    problems: [],
  };
  expect(verifyTally(broken)).toEqual({ passed: 3, failed: 3, skipped: 0 });
});

test('a problem on paper alone is a failure', () => {
  const problems = [{ file: 'README.md', message: 'is missing', remedy: 'Write it.' }];
  expect(verifyTally({ ...clean, problems }).failed).toBe(1);
});

test("Vitest's skipped tests are counted as skipped", () => {
  const json = { numPassedTests: 4, numFailedTests: 1, numPendingTests: 2, numTodoTests: 0 };
  expect(testTally(JSON.stringify(json))).toEqual({ passed: 4, failed: 1, skipped: 2 });
});
