import { expect, test } from 'vitest';
import { codeBeside, countsBeside, timelinesBeside } from './compare-lines.ts';
import { event, narrow } from './fixtures.ts';

const mine = ['const a = 1;', 'await ask();', 'done();', ''].join('\n');
const theirs = ['const a = 1;', 'await ask({ signal });', 'done();', ''].join('\n');

test('two files are stacked like a diff on a narrow screen and beside each other on a wide one', () => {
  expect(codeBeside(mine, theirs, narrow).slice(3)).toEqual([
    '     const a = 1;',
    '  -  await ask();',
    '  +  await ask({ signal });',
    '     done();',
  ]);
  const wide = codeBeside(mine, theirs, { columns: 140, colour: false });
  expect(wide[2]).toMatch(/^ {2}await ask\(\); +≠ await ask\(\{ signal \}\);$/);
});

test('timelines begin to be shown just before they part', () => {
  const same = [1, 2, 3].map((n) => event(n, 'QuestionAsked', n));
  const left = [...same, event(4, 'ProviderCalled', 4), event(5, 'ProviderCallFailed', 34)];
  const right = [...same, event(4, 'QuestionRefused', 4), event(5, 'CircuitOpened', 4)];
  const lines = timelinesBeside(left, right, narrow) ?? [];
  expect(lines).toHaveLength(1 + 1 + 4);
  expect(lines[1]).toMatch(/… 1 event alike/);
  expect(lines.join('\n')).toMatch(/09:41:04\.0 {2}ProviderCalled +│\n/);
  expect(lines.join('\n')).toMatch(/09:41:04\.0 +│ QuestionRefused/);
  expect(timelinesBeside(left, left, narrow)).toBeNull();
});

test('a long line of code is continued, not cut', () => {
  const code = `const answer = ${'x'.repeat(100)};\n`;
  const text = codeBeside('', code, narrow)
    .map((line) => line.slice(5))
    .join('');
  expect(text).toContain(code.trim());
});

test('counts are shown where they differ, the widest gap first', () => {
  const calls = Array.from({ length: 5 }, (_, n) => event(n + 1, 'ProviderCalled', n));
  expect(
    countsBeside(
      [...calls, event(6, 'QuestionAsked', 9)],
      [event(1, 'QuestionAsked', 0), event(2, 'CircuitOpened', 1)],
    ),
  ).toEqual([
    { type: 'ProviderCalled', mine: 5, theirs: 0 },
    { type: 'CircuitOpened', mine: 0, theirs: 1 },
  ]);
});
