import { expect, test } from 'vitest';
import { narrow } from './fixtures.ts';
import { listLines, type MapGroup } from './list-lines.ts';

const kata = (id: string, title: string, pattern: string, edited = false) => ({
  id,
  title,
  pattern,
  points: 20,
  edited,
});
const group = (number: number, name: string, katas: MapGroup['katas'] = []): MapGroup => ({
  number,
  name,
  here: katas.length > 0,
  katas,
});

test('groups come in the recommended order, those that are not here by name only', () => {
  const groups = [
    group(4, 'APIs become messy'),
    group(5, 'LLM answers are wrong'),
    group(1, 'Slow', [kata('1.8', 'A dead model', 'Circuit Breaker', true)]),
  ];
  expect(listLines(groups, narrow)).toEqual([
    'Group 1 · Slow',
    '                                       pts',
    '  1.8   A dead model  Circuit Breaker   20  edited',
    '',
    'Not in this copy yet',
    '   5  LLM answers are wrong',
    '   4  APIs become messy',
    '',
    '1 kata in 1 group. Begin, or go on: pnpm kata group1',
  ]);
});

test('no line is wider than the screen', () => {
  const long = group(1, 'Slow', [
    kata('1.10', 'A title that goes on and on and on and on and on and on and on', 'A pattern of that kind, too', true),
  ]);
  for (const line of listLines([long], narrow)) expect(line.length).toBeLessThanOrEqual(80);
});
