import { expect, test } from 'vitest';
import { assess, type Objective, plain } from './assess.ts';

const objective = (value: number, limit: number, more: Partial<Objective> = {}): Objective => ({
  name: 'recall@10',
  limit,
  unit: '',
  measure: () => ({ value, evidence: [3] }),
  ...more,
});
const assessed = (one: Objective) => assess([one], []).objectives[0];

test('a limit is a ceiling unless it is called a floor', () => {
  expect(assessed(objective(301, 300, { unit: 'ms' }))).toMatchObject({ limit: '≤ 300 ms', met: false });
  expect(assessed(objective(300, 300, { unit: 'ms' }))).toMatchObject({ limit: '≤ 300 ms', met: true });
  expect(assessed(objective(0, 0))).toMatchObject({ limit: '≤ 0', met: true });
  expect(assessed(objective(0.59, 0.6, { bound: 'at least' }))).toMatchObject({ limit: '≥ 0.60', met: false });
  expect(assessed(objective(0.6, 0.6, { bound: 'at least' }))).toMatchObject({ limit: '≥ 0.60', met: true });
});

test('a floor that could not be measured is not met', () => {
  expect(assessed(objective(Number.NaN, 0.6, { bound: 'at least' }))?.met).toBe(false);
});

test.for([
  [0.6, '0.60'],
  [0.612, '0.612'],
  [0.61234, '0.612'],
  [0, '0'],
  [1, '1'],
  [174, '174'],
  [-0.04, '-0.04'],
] as const)('%d reads %s', ([value, text]) => {
  expect(plain(value)).toBe(text);
});
