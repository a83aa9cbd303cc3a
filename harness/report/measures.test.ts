import { expect, test } from 'vitest';
import { measured, measures, narrow } from './fixtures.ts';
import { changeText, measuresChange, measuresLines, shareText, stepsThatHurt } from './measures.ts';

test('the table has a row for each step, a column for each class that was measured, and what changed', () => {
  expect(measuresLines(measures, narrow)).toEqual([
    '  nDCG@10 by step and class; beside it the change against the recording',
    '               exact      paraphrase version-   multi-     other      injected',
    '               identifier            sensitive  passage    tenant',
    '  nothing      .00        .00        .00        .00        .00        .00',
    '  naive        .21        .44        .18        .30        .40        .42',
    '  chunked      .36 +.15   .58 +.14   .27 +.09   .44 +.14   .57 +.17   .58 +.16',
    '  filtered     .47 +.26   .66 +.22   .71 +.53   .52 +.22   .66 +.26   .62 +.20',
    '  hybrid       .89 +.68   .62 +.18   .72 +.54   .60 +.30   .67 +.27   .62 +.20',
    '  multi-stage  .89 +.68   .62 +.18   .72 +.54   .60 +.30   .67 +.27   .62 +.20',
    '  re-ranked    .92 +.71   .71 +.27   .78 +.60   .66 +.36   .70 +.30   .70 +.28',
    '  your code    .92 +.71   .71 +.27   .78 +.60   .66 +.36   .70 +.30   .70 +.28',
  ]);
});

test('without a recording there are figures alone, and so there are where the screen is narrow', () => {
  expect(measuresLines({ ...measures, recorded: null }, narrow)[7]).toBe(
    '  hybrid       .89        .62        .72        .60        .67        .62',
  );
  const lines = measuresLines(measures, { columns: 40, colour: false });
  expect(lines[0]).toBe('  nDCG@10 by step and class (5 of 6)');
  expect(lines[7]).toBe('  hybrid       .89  .62  .72  .60  .67');
});

test.for([40, 60, 80, 120])('no line is wider than %d columns, and there are at most eleven', (columns) => {
  const steps = Object.fromEntries(
    Array.from({ length: 12 }, (_, n) => [`step ${n} with a long name`, Array(9).fill(1)]),
  );
  const now = measured(steps, ...Array.from({ length: 9 }, (_, n) => `class ${n} with-a-very-long-name`));
  for (const one of [measures, { recorded: null, now }, { recorded: now, now }]) {
    const lines = measuresLines(one, { columns, colour: false });
    expect(lines.length).toBeLessThanOrEqual(11);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
  }
});

test('nothing measured is no table', () => {
  expect(measuresLines({ recorded: null, now: measured({ naive: [null] }, 'paraphrase') }, narrow)).toEqual([]);
});

test('a step that helps no class says so, and one that makes a class worse says which', () => {
  expect(stepsThatHurt(measures.now)).toEqual([
    'hybrid: paraphrase −.04',
    'multi-stage: no class changes by .01 or more',
    'your code: no class changes by .01 or more',
  ]);
});

test.for([
  ['a gain of .01', [0.6, 0.4], [0.61, 0.4], []],
  ['a loss of .01', [0.6, 0.4], [0.59, 0.5], ['next: a −.01']],
  ['less than .01 either way', [0.6, 0.4], [0.606, 0.394], ['next: no class changes by .01 or more']],
  ['two losses', [0.6, 0.4], [0.5, 0.375], ['next: a −.10, b −.03']],
  ['a class that was not measured', [0.6, null], [0.6, 0.1], ['next: no class changes by .01 or more']],
  ['nothing to compare', [null, null], [0.6, 0.1], []],
] as const)('of %s', ([, first, next, said]) => {
  expect(stepsThatHurt(measured({ first: [...first], next: [...next] }, 'a', 'b'))).toEqual(said);
});

test('a save says what it moved in the code as it stands', () => {
  const of = (value: number) => measured({ naive: [0.1, 0.1], 'your code': [value, 0.5] }, 'paraphrase', 'injected');
  expect(measuresChange(of(0.52), of(0.41))).toEqual(['nDCG@10: paraphrase .41 → .52']);
  expect(measuresChange(of(0.412), of(0.41))).toEqual([]);
  expect(measuresChange(of(0.412), undefined)).toEqual([]);
});

test('shares and changes are short', () => {
  expect([0, 0.004, 0.612, 0.996, 1, null].map(shareText)).toEqual(['.00', '.00', '.61', '1.0', '1.0', '–']);
  expect([0.2, -0.04, 0.004, -1].map(changeText)).toEqual(['+.20', '−.04', '', '−1.0']);
});
