import fc from 'fast-check';
import { expect, test } from 'vitest';
import { genesis } from './chain.ts';
import {
  coverage,
  green,
  hint,
  history,
  LEARNER,
  measuring,
  notes,
  red,
  replay,
  standingOf,
  viewed,
} from './fixtures.ts';
import { learnerStream } from './learning-events.ts';
import { advance, fromZero, readCheckpoint, standingProjection } from './projection.ts';

const zero = fromZero(standingProjection, genesis(learnerStream(LEARNER)));

const command = fc
  .tuple(
    fc.integer({ min: 0, max: 59 }),
    fc.constantFrom('1.1', '1.2', '2.1'),
    fc.integer({ min: 0, max: 7 }),
    fc.nat(3),
  )
  .map(([minute, kata, what, n]) => {
    const clock = `11:${String(minute).padStart(2, '0')}`;
    const group = Number(kata.charAt(0));
    switch (what) {
      case 0:
        return green(clock, kata, `answer-${n}`, `suite-${n % 2}`);
      case 1:
        return hint(clock, kata, (n % 3) + 1);
      case 2:
        return viewed(clock, kata);
      case 3:
        return notes(clock, kata, `notes-${n}`);
      case 4:
        return replay(clock, group, n === 0 ? 'incident' : 'gate', n - 1);
      case 5:
        return coverage(clock, kata, n / 4, `answer-${n}`, `suite-${n % 2}`);
      default:
        return red(clock, kata, `answer-${n}`, `suite-${n % 2}`);
    }
  });

test('rebuilt from zero equals live, whatever was done and wherever the checkpoints were', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), fc.array(fc.nat(40), { maxLength: 4 }), (done, cuts) => {
      const events = history(...done);
      const rebuilt = advance(standingProjection, zero, events);
      let live = zero;
      let from = 0;
      for (const cut of [...cuts, events.length].sort((a, b) => a - b)) {
        live = advance(standingProjection, live, events.slice(from, cut));
        from = Math.max(from, cut);
        const kept = readCheckpoint(standingProjection, JSON.stringify(live));
        expect(kept).toEqual(live);
        live = kept ?? zero;
      }
      expect(live).toEqual(rebuilt);
    }),
    { numRuns: 150 },
  );
});

test('a checkpoint that is broken, or of another version, is not used', () => {
  const text = JSON.stringify(advance(standingProjection, zero, history(red('10:01', '1.1'))));
  expect(readCheckpoint(standingProjection, text.slice(0, -9))).toBeUndefined();
  expect(readCheckpoint({ ...standingProjection, version: 99 }, text)).toBeUndefined();
  expect(readCheckpoint(standingProjection, 'null')).toBeUndefined();
});

test('time at work counts a night as half an hour, and ends at green', () => {
  const standing = standingOf(
    history(red('10:10', '1.1', 'a'), red('10:20', '1.1', 'b'), red('20:00', '1.1', 'c'), green('20:05', '1.1', 'd')),
  );
  expect(standing.katas['1.1']?.workedMs).toBe((10 + 10 + 30 + 5) * 60_000);
  expect(standing.katas['1.1']).toMatchObject({
    attempts: 4,
    attemptsToGreen: 4,
    solvedAt: '2026-03-03T20:05:00.000Z',
  });
});

test('damage is kept as recorded, as first and as last replayed', () => {
  const { groups } = standingOf(
    history(replay('10:01', 1, 'incident', 174), replay('10:30', 1, 'incident', 12), replay('11:00', 1, 'gate', 0)),
  );
  const values = [groups[1]?.recorded, groups[1]?.first?.damage, groups[1]?.last?.damage];
  expect(values.map((damage) => damage?.objectives[0]?.value)).toEqual([174, 174, 0]);
  expect(groups[1]?.resolvedAt).toBe('2026-03-03T11:00:00.000Z');
});

test('measures are those that were last kept; replays of an earlier version have none', () => {
  const measuresAfter = (...done: Parameters<typeof history>) => standingOf(history(...done)).groups[1]?.measures;
  expect(measuresAfter(replay('10:01', 1, 'incident', 3))).toBeNull();
  const now = measuresAfter(measuring('10:01', 0.41), measuring('10:02', 0.52), replay('10:03', 1, 'gate', 0))?.now;
  expect(now?.metrics[0]?.values).toEqual([[0.52]]);
});

test('coverage stays with its answer, and goes with it', () => {
  const measured = [green('10:01', '1.1', 'right'), coverage('10:02', '1.1', 0.9)];
  const shares = { lines: 0.9, branches: 0.5 };
  const now = (...more: ReturnType<typeof red>[]) =>
    standingOf(history(...measured, ...more)).katas['1.1']?.editions.map((one) => one.coverage);
  expect(now()).toEqual([shares]);
  expect(now(green('10:03', '1.1', 'right'))).toEqual([shares]);
  expect(now(red('10:03', '1.1', 'other'))).toEqual([null]);
  expect(now(red('10:03', '1.1', 'right', 'suite-2'))).toEqual([shares, null]);
});

test('a result of an earlier version, which had its coverage in it, is folded as it was: not measured', () => {
  const events = history(green('10:01', '1.1'));
  const old = events.map((event) =>
    event.type === 'SuiteGraded' ? { ...event, data: { ...event.data, coverage: null } } : event,
  );
  expect(standingOf(old)).toEqual(standingOf(events));
  expect(standingOf(old).katas['1.1']?.editions[0]).toMatchObject({ verdict: 'pass', coverage: null });
});

test('an event of a later version is counted and breaks nothing', () => {
  const [first, ...rest] = history(red('10:01', '1.1'));
  const later = { ...first, type: 'MedalAwarded', data: { medal: 'tin' } } as unknown as (typeof rest)[number];
  expect(standingOf([...(first ? [first] : []), later, ...rest])).toMatchObject({ events: 4 });
});
