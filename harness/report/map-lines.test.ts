import { expect, test } from 'vitest';
import type { GroupOnMap, KataOnMap, KataState, LearningMap } from '../progress/learning-map.ts';
import { narrow } from './fixtures.ts';
import { historyLines } from './history-lines.ts';
import { mapLines } from './map-lines.ts';

const kata = (id: string, state: KataState, says = '') =>
  ({
    id,
    title: `Title of ${id}`,
    path: `katas/g/${id}`,
    state,
    says,
    version: 4,
    points: 5,
    result: null,
  }) as unknown as KataOnMap;

const group = (number: number, state: GroupOnMap['state'], katas: KataOnMap[], says = '') =>
  ({
    number,
    name: 'A failure with a name that goes on for longer than there is room',
    state,
    says,
    size: 10,
    katas,
    here: state !== 'absent',
  }) as unknown as GroupOnMap;

const red = kata('1.2', 'red');
const groups = [
  group(1, 'begun', [kata('1.1', 'green'), red, kata('1.3', 'stale', 'passed v3, not run on v4'), kata('1.4', 'open')]),
  group(
    2,
    'stale',
    [kata('2.1', 'edited', 'was green; edited since, and not run')],
    'was resolved; 1 of 1 katas not green now',
  ),
  group(12, 'absent', []),
];
const map = {
  groups,
  size: 90,
  resolved: 0,
  states: { green: 1, red: 1, stale: 1, edited: 1, open: 1 },
  next: { kind: 'kata', group: groups[0], kata: red, why: '1.2 is red, with 2 of 5 points.' },
} as unknown as LearningMap;

test('the map fits 80 columns, and every state is a sign that needs no colour', () => {
  const lines = mapLines(map, narrow);
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
  const text = lines.join('\n');
  expect(text).toMatch(/^Incident katas +1 of 90 katas green, 0 of 3 groups resolved$/m);
  expect(text).toMatch(/^ {3}1 {2}A failure .*… {2}✓✗~· +1\/10$/m);
  expect(text).toMatch(/^ {3}2 {2}A failure .*… {2}± +0\/10 {2}not now$/m);
  expect(text).toMatch(/^ {2}12 {2}A failure .*… +10 {2}not here$/m);
  expect(text.replace(/\s+/g, ' ')).toContain(
    '✓ green ✗ red ~ stale: the suite changed since ± changed since it was green · not begun',
  );
});

test('what a sign cannot say is said below, then what is next', () => {
  const text = mapLines(map, narrow).join('\n');
  expect(text).toContain('1.3 passed v3, not run on v4');
  expect(text).toContain('group 2 was resolved; 1 of 1 katas not green now');
  expect(text).toMatch(
    /Next\n {2}1\.2 is red, with 2 of 5 points\. Title of 1\.2\.?\n {4}katas\/g\/1\.2\/README\.md\n {4}pnpm kata next$/,
  );
});

test('the history of a kata nobody has touched says how to begin', () => {
  expect(historyLines(kata('1.4', 'open'), [], narrow)).toEqual([
    '1.4 Title of 1.4',
    '  Nothing yet. Begin: pnpm kata 1.4',
  ]);
});
