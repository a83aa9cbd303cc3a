import { expect, test } from 'vitest';
import { decide, decideAll, enrol } from './decide.ts';
import { evolve } from './evolve.ts';
import {
  at,
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
  verdict,
  viewed,
} from './fixtures.ts';
import type { LearningCommand } from './learning-commands.ts';
import { nobody } from './standing.ts';

const after = (...done: LearningCommand[]) => standingOf(history(...done));
const typesOf = (events: readonly { type: string }[]) => events.map(({ type }) => type);

test('a look at the untouched starter is graded and no attempt', () => {
  const events = decide(after(), verdict('10:01', '1.1', { untouched: true }));
  expect(typesOf(events)).toEqual(['SuiteGraded']);
});

test('a changed file is an attempt, the same file again is none, the next change is the second', () => {
  const first = red('10:01', '1.1', 'try-1');
  expect(decide(after(), first)).toMatchObject([
    { type: 'AttemptStarted', data: { kata: '1.1', attempt: 1, answer: 'try-1' } },
    { type: 'SuiteGraded', data: { verdict: 'fail', edition: 1 } },
  ]);
  expect(typesOf(decide(after(first), red('10:02', '1.1', 'try-1')))).toEqual(['SuiteGraded']);
  expect(decide(after(first), red('10:03', '1.1', 'try-2'))[0]).toMatchObject({ data: { attempt: 2 } });
});

test('the first green solves the kata, the second adds nothing', () => {
  const [, , solved] = decide(after(), green('10:05', '1.1'));
  expect(solved).toMatchObject({ type: 'KataSolved', data: { edition: 1, attempt: 1, again: false } });
  expect(typesOf(decide(after(green('10:05', '1.1')), green('10:06', '1.1')))).toEqual(['SuiteGraded']);
});

test('green on a changed suite solves its new edition again', () => {
  const events = decide(after(green('10:05', '1.1')), green('11:00', '1.1', 'right', 'suite-2'));
  expect(events.at(-1)).toMatchObject({ type: 'KataSolved', data: { edition: 2, again: true } });
});

test('green on an edited suite is kept and solves nothing', () => {
  const cheat = verdict('10:05', '1.1', { verdict: 'pass', counts: false });
  expect(typesOf(decide(after(), cheat))).toEqual(['AttemptStarted', 'SuiteGraded']);
  expect(after(cheat).katas['1.1']).toMatchObject({ editions: [], discounted: 1, solvedAt: null });
});

test('beginning a kata before the ones ahead of it are green deviates from the order, once', () => {
  const early = red('10:01', '1.3');
  expect(decide(after(green('10:00', '1.1')), early)[1]).toMatchObject({
    type: 'OrderDeviated',
    data: { kata: '1.3', instead: '1.2', skipped: 1 },
  });
  expect(typesOf(decide(after(early), red('10:02', '1.3', 'other')))).toEqual(['AttemptStarted', 'SuiteGraded']);
});

test('a solution and a hint are before or after green', () => {
  expect(decide(after(red('10:01', '1.1')), viewed('10:02', '1.1'))).toMatchObject([{ data: { afterGreen: false } }]);
  expect(decide(after(green('10:01', '1.1')), viewed('10:02', '1.1'))).toMatchObject([{ data: { afterGreen: true } }]);
  expect(decide(after(green('10:01', '1.1')), hint('10:02', '1.1', 3))).toMatchObject([
    { data: { level: 3, afterGreen: true } },
  ]);
});

test('notes are kept when they changed', () => {
  const first = notes('10:01', '1.1', 'notes-1');
  expect(decide(after(first), notes('10:02', '1.1', 'notes-1'))).toEqual([]);
  expect(typesOf(decide(after(first), notes('10:03', '1.1', 'notes-2')))).toEqual(['NotesWritten']);
});

test('coverage is caused by the result on the same answer and suite, and kept when it changed', () => {
  const graded = history(green('10:01', '1.1', 'right', 'suite-2'));
  const suite = graded.find(({ type }) => type === 'SuiteGraded');
  const measured = coverage('10:02', '1.1', 0.9, 'right', 'suite-2');
  const [event] = decide(standingOf(graded), measured);
  expect(event).toMatchObject({
    type: 'CoverageMeasured',
    data: { kata: '1.1', answer: 'right', edition: 1, coverage: { lines: 0.9, branches: 0.5 } },
    metadata: { $causationId: suite?.id },
  });
  const done = [green('10:01', '1.1', 'right', 'suite-2'), measured];
  expect(decide(after(...done), coverage('10:03', '1.1', 0.9, 'right', 'suite-2'))).toEqual([]);
  expect(typesOf(decide(after(...done), coverage('10:03', '1.1', 0.8, 'right', 'suite-2')))).toEqual([
    'CoverageMeasured',
  ]);
});

test('coverage of an answer that is not the latest, or on another suite, comes to nothing', () => {
  const standing = after(red('10:01', '1.1', 'try-1'), red('10:02', '1.1', 'try-2'));
  expect(decide(standing, coverage('10:03', '1.1', 0.9, 'try-1'))).toEqual([]);
  expect(decide(standing, coverage('10:03', '1.1', 0.9, 'try-2', 'suite-2'))).toEqual([]);
  const cheat = verdict('10:01', '1.1', { verdict: 'pass', counts: false, digests: { answer: 'right' } });
  expect(decide(after(cheat), coverage('10:02', '1.1', 1))).toEqual([]);
});

test('a replay of the incident never resolves a group, a green gate does, once per edition', () => {
  const incident = replay('10:01', 1, 'incident', 0);
  expect(typesOf(decide(after(), incident))).toEqual(['GateReplayed']);
  const gate = replay('10:02', 1, 'gate', 0);
  expect(typesOf(decide(after(incident), gate))).toEqual(['GateReplayed', 'GroupResolved']);
  expect(typesOf(decide(after(gate), replay('10:03', 1, 'gate', 0)))).toEqual(['GateReplayed']);
  expect(decide(after(gate), replay('10:04', 1, 'gate', 0, 'gate-2'))[1]).toMatchObject({
    data: { edition: 2, again: true },
  });
});

test('measures are kept with the replay that changed them, and stay when one measures nothing new', () => {
  const first = measuring('10:01', 0.41);
  const kept = (command: LearningCommand, ...before: LearningCommand[]) =>
    decide(after(...before), command).map(({ data }) => 'measures' in data);
  expect(kept(first)).toEqual([true]);
  expect(kept(measuring('10:02', 0.41), first)).toEqual([false]);
  expect(kept(measuring('10:02', 0.52), first)).toEqual([true]);
  expect(kept(replay('10:02', 1, 'incident', 3), first)).toEqual([false]);
});

test('what caused an event is the event before it, or the command', () => {
  const command = green('10:01', '1.2');
  const [attempt, deviated, suite, solved] = decide(after(), command);
  expect(attempt?.metadata).toMatchObject({ $causationId: command.id, $correlationId: command.run });
  expect(deviated?.metadata.$causationId).toBe(attempt?.id);
  expect(suite?.metadata.$causationId).toBe(attempt?.id);
  expect(solved?.metadata.$causationId).toBe(suite?.id);
});

test('a command that is kept already comes to nothing, and the same command gives the same ids', () => {
  const command = red('10:01', '1.1');
  expect(decide(after(command), command)).toEqual([]);
  expect(decide(after(), command)).toEqual(decide(after(), command));
});

test('commands are decided one after the other', () => {
  const drafts = decideAll(after(), [red('10:01', '1.1', 'try-1'), red('10:02', '1.1', 'try-2')]);
  expect(drafts.filter(({ type }) => type === 'AttemptStarted').map(({ data }) => data)).toMatchObject([
    { attempt: 1 },
    { attempt: 2 },
  ]);
});

test('a clock that was set back is noted, and time in the history goes on', () => {
  const late = history(red('12:00', '1.1', 'try-1'), red('10:30', '1.1', 'try-2'));
  expect(late.map(({ metadata }) => metadata.at).sort()).toEqual(late.map(({ metadata }) => metadata.at));
  expect(late.at(-2)?.metadata).toMatchObject({ at: at('12:00'), clockBackMs: 90 * 60_000 });
  expect(standingOf(late).clock).toEqual({ jumps: 1, mostBackMs: 90 * 60_000 });
});

test('a learner without a name is enrolled under their id', () => {
  const event = enrol({ id: LEARNER, name: null, cohort: 'spring' }, { at: at('10:00'), run: 'run-1' });
  expect(evolve(nobody, event)).toMatchObject({ learner: LEARNER, name: null, cohort: 'spring' });
});
