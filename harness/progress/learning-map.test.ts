import { expect, test } from 'vitest';
import { genesis, verifyChain } from './chain.ts';
import { course, courseKata } from './course-fixture.ts';
import { green, hint, history, LEARNER, red, replay, standingOf, verdict, viewed } from './fixtures.ts';
import type { LearningCommand } from './learning-commands.ts';
import { learnerStream } from './learning-events.ts';
import { mapOf } from './learning-map.ts';
import { progressReport } from './progress-report.ts';
import { timelineOf } from './timeline.ts';

const here = course(courseKata('1.1'), courseKata('1.2'), courseKata('2.1'));
const mapAfter = (at: typeof here, ...done: LearningCommand[]) => mapOf(at, standingOf(history(...done)));
const katasOf = ({ groups }: ReturnType<typeof mapOf>) => groups.flatMap(({ katas }) => katas);
const statesOf = (map: ReturnType<typeof mapOf>) => katasOf(map).map(({ state, says }) => [state, says]);

test('nothing done: everything is open, and the first kata is next', () => {
  const map = mapAfter(here);
  expect(map).toMatchObject({ size: 24, states: { open: 3, green: 0 }, score: 0, points: 15 });
  expect(map.groups.map(({ state }) => state)).toEqual(['open', 'open', 'absent']);
  expect(map.next).toMatchObject({ kind: 'kata', kata: { id: '1.1' }, why: 'Group 1 begins with 1.1.' });
});

test('green, red and open; the next is the first that is not green', () => {
  const map = mapAfter(here, green('10:01', '1.1'), red('10:02', '1.2', 'right'));
  expect(statesOf(map)).toEqual([
    ['green', ''],
    ['red', ''],
    ['open', ''],
  ]);
  expect(map.next).toMatchObject({ kata: { id: '1.2' }, why: '1.2 is red, with 2 of 5 points.' });
});

test('a suite that changed makes old results stale, never green or red', () => {
  const done = [green('10:01', '1.1'), green('10:02', '1.1', 'right', 'suite-2'), red('10:03', '1.2', 'right')];
  const changed = course(courseKata('1.1', { suite: 'suite-3' }), courseKata('1.2', { suite: 'suite-9' }));
  expect(statesOf(mapAfter(changed, ...done))).toEqual([
    ['stale', 'passed v2, not run on v3'],
    ['stale', 'red on v1, not run on v2'],
  ]);
  const back = course(courseKata('1.1', { suite: 'suite-1' }));
  expect(statesOf(mapAfter(back, ...done))).toEqual([['green', '']]);
});

test('an answer that was changed since it was green is not called green', () => {
  const changed = course(courseKata('1.1', { answer: 'other' }), courseKata('1.2', { answer: 'x', untouched: true }));
  expect(statesOf(mapAfter(changed, green('10:01', '1.1'), green('10:02', '1.2')))).toEqual([
    ['edited', 'was green; edited since, and not run'],
    ['edited', 'was green; the file is the starter again'],
  ]);
});

test('green on an edited suite leaves a kata open, and says why', () => {
  const [first] = katasOf(mapAfter(here, verdict('10:01', '1.1', { verdict: 'pass', counts: false })));
  expect(first).toMatchObject({ state: 'open', says: 'only run on an edited suite, which does not count' });
});

test('a group is resolved by its katas and its gate together, as they are now', () => {
  const greens = [green('10:01', '1.1'), green('10:02', '1.2')];
  expect(mapAfter(here, ...greens)).toMatchObject({ groups: [{ state: 'green' }, {}, {}], next: { kind: 'gate' } });
  const gate = replay('10:03', 1, 'gate', 0);
  expect(mapAfter(here, ...greens, gate)).toMatchObject({ resolved: 1, next: { kata: { id: '2.1' } } });
  const edited = course(courseKata('1.1', { answer: 'other' }), courseKata('1.2'));
  expect(mapAfter(edited, ...greens, gate).groups[0]).toMatchObject({
    state: 'stale',
    says: 'was resolved; 1 of 2 katas not green now',
  });
  const regated = { groups: here.groups.map((group) => ({ ...group, gate: 'gate-2' })) };
  expect(mapAfter(regated, ...greens, gate).groups[0]).toMatchObject({ says: 'was resolved; gate not run on v2' });
});

test('the timeline leaves out what only repeats', () => {
  const events = history(
    red('10:01', '1.1', 'a'),
    red('10:02', '1.1', 'b'),
    hint('10:03', '1.1', 2),
    viewed('10:04', '1.1'),
    replay('10:05', 1, 'incident', 174),
    replay('10:06', 1, 'incident', 174),
    replay('10:07', 1, 'incident', 9),
    green('10:08', '1.1'),
  );
  expect(timelineOf(events).map(({ says }) => says)).toEqual([
    'began, in the cohort spring',
    '1.1 red, 2 of 5 points',
    'hint 2 of 1.1',
    'solution of 1.1 seen before green',
    'incident of group 1: 0 of 1 objectives met',
    'incident of group 1: 0 of 1 objectives met',
    '1.1 green, 5 of 5 points',
    '1.1 solved in attempt 3',
  ]);
});

test('the report counts attempts, hints, time to green and what was seen before green', () => {
  const events = history(
    red('10:10', '1.1', 'a'),
    hint('10:20', '1.1', 1),
    viewed('10:30', '1.1'),
    green('12:00', '1.1'),
    red('12:01', '2.1', 'right'),
  );
  const report = progressReport({
    course: here,
    standing: standingOf(events),
    timeline: timelineOf(events),
    chain: verifyChain(events, genesis(learnerStream(LEARNER))),
    learner: { id: LEARNER, name: 'Ada', cohort: 'spring' },
    now: '2026-03-04T00:00:00.000Z',
  });
  expect(report.groups[0]?.katas[0]).toMatchObject({
    state: 'green',
    attempts: 2,
    attemptsToGreen: 2,
    timeToGreenMs: 110 * 60_000,
    workedMs: (10 + 10 + 30) * 60_000,
    hints: { taken: 1, beforeGreen: 1, level: 1 },
    solution: 'before green',
    behaviours: [{ id: 'incident', points: 3, passed: true }, { id: 'trade-off' }],
  });
  expect(report.groups[1]?.katas[0]?.orderDeviation).toEqual({ instead: '1.2', skipped: 2 });
  expect(report.summary).toMatchObject({ katas: 24, here: 3, solutionsBeforeGreen: 1, orderDeviations: 1 });
  expect(report.history).toMatchObject({ intact: true, events: events.length });
  expect(report.history.receipt).toMatch(new RegExp(`^kata-receipt\\.${LEARNER}\\.${events.length}\\.`));
});
