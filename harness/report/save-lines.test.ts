import { expect, test } from 'vitest';
import { narrow, rule, verdict } from './fixtures.ts';
import { saveLines } from './save-lines.ts';

const head = { id: '1.8', title: 'Asking a dead model', pattern: 'Circuit Breaker', points: 8 };
const red = (id: string) => rule(id, { message: `${id} broke`, seed: 1 });

test('a save names the rules that hold now, those that no longer do, and what to mend first', () => {
  const before = verdict([red('incident'), red('opens'), rule('closes'), rule('quota')]);
  const now = verdict([red('incident'), rule('opens'), red('closes'), rule('quota')]);
  expect(saveLines(head, now, before, narrow).slice(1)).toEqual([
    '    + opens',
    '    - closes',
    '    ✗ incident',
    '          incident broke [seed 1]',
    '    and 1 more rule of 4 broken',
  ]);
});

test('a green save is the line, and the rules that it mended', () => {
  const lines = saveLines(head, verdict([rule('incident')]), verdict([red('incident')]), narrow);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/✓ 1\.8 .*2\/8 {2}green$/);
  expect(lines[1]).toBe('    + incident');
});

test('one that does not compile says only that', () => {
  const error = verdict([], { verdict: 'error', error: 'kata.ts:3:1 does not compile: Unexpected token' });
  expect(saveLines(head, error, verdict([rule('incident')]), narrow).slice(1)).toEqual([
    '          kata.ts:3:1 does not compile: Unexpected token',
  ]);
});
