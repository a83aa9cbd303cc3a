import { expect, test } from 'vitest';
import { narrow } from './fixtures.ts';
import { type KataRow, verifyLines } from './verify-lines.ts';

const row: KataRow = {
  id: '5.1',
  path: 'katas/group05/01-naive-rag',
  starter: { passed: 2, failed: 11 },
  solution: { passed: 13, failed: 0, seeds: 100 },
  wrong: [{ file: 'wrong/a.ts', rejected: true, by: 'late' }],
  alsoRight: [
    { file: 'also-right/arrays.ts', accepted: true, seeds: 100 },
    { file: 'also-right/pgvector.ts', accepted: true, seeds: 5 },
  ],
  coverage: { lines: 1, branches: 1 },
};

test('an answer that was played on fewer seeds than the others is named, with their number', () => {
  expect(verifyLines({ katas: [row], gates: [], problems: [] }, [], narrow)).toEqual([
    'kata       starter    solution       wrong  also right  lines  branches',
    '5.1         11 red       13/13         1/1         2/2  100 %     100 %',
    '5.1 also-right/pgvector.ts: an engine of its own, on 5 of 100 seeds',
    '',
    'Clean.',
  ]);
});
