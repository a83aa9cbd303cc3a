import { expect, test } from 'vitest';
import type { Group, Kata } from '../../catalogue/catalogue.ts';
import { isGate, requestId } from '../../grading/request.ts';
import type { Coverage, Verdict } from '../../grading/verdict.ts';
import { assessment, objective, rule, verdict } from '../../report/fixtures.ts';
import type { Evidence, Grading } from './grading.ts';
import { gradeSaved, isDone, runGroup } from './group-run.ts';
import { watchUntilGreen } from './watch.ts';

const kata = (number: number) => ({ id: `1.${number}`, number, group: 1, file: `/k/${number}/kata.ts` }) as Kata;
const katas = [kata(1), kata(2)];
const group = { number: 1, slug: 'group01-x', name: 'Slow', gate: '/g/gate.test.ts', katas } as Group;
const plan = { group, katas, whole: true };
const evidence: Evidence = {
  recorded: async () => undefined,
  recordedMeasures: () => undefined,
  historyFile: () => '/tmp/none.jsonl',
  history: () => [],
  untouched: () => false,
};
const options = { seed: null, gateSeeds: [5, 6] };
const green = (id: string) => verdict([rule('incident')], { id });
const red = (id: string) => verdict([rule('incident', { message: 'it broke' })], { id });
const hung = (hung: number) => ({ damage: assessment(objective('hung', hung, hung === 0)) });

/** Answers with the verdicts given, told in reverse; keeps what it was asked, a round per call. */
function grading(
  verdicts: Record<string, Verdict>,
): Grading & { asked: string[][]; verdicts: Record<string, Verdict> } {
  const asked: string[][] = [];
  return {
    asked,
    verdicts,
    grade: async (requests, onVerdict) => {
      asked.push(requests.map((request) => (isGate(request) && !request.only ? 'whole gate' : requestId(request))));
      const given = requests.map((request) => verdicts[requestId(request)] as Verdict);
      for (const one of [...given].reverse()) onVerdict?.(one);
      return given;
    },
  };
}

test('the incident is told first and the katas in order, however the verdicts come in', async () => {
  const told: string[] = [];
  const grader = grading({ 'gate 1': { ...red('gate 1'), ...hung(3) }, '1.1': red('1.1'), '1.2': green('1.2') });
  const state = await runGroup(plan, grader, evidence, options, {
    incident: ({ now }) => told.push(`incident: ${now?.objectives[0]?.value} hung`),
    kata: ({ id }, { verdict }) => told.push(`${id} ${verdict}`),
    gate: () => told.push('gate'),
  });
  expect(told).toEqual(['incident: 3 hung', '1.1 fail', '1.2 pass']);
  expect(grader.asked).toEqual([['gate 1', '1.1', '1.2']]);
  expect(isDone(state)).toBe(false);
});

test('the gate is run on fresh seeds when all are green, and decides', async () => {
  const grader = grading({ 'gate 1': green('gate 1'), '1.1': green('1.1'), '1.2': green('1.2') });
  const state = await runGroup(plan, grader, evidence, options);
  expect(grader.asked[1]).toEqual(['whole gate']);
  expect(isDone(state)).toBe(true);
  expect(isDone({ ...state, gate: red('gate 1') })).toBe(false);
});

test('green katas of a part of a group are enough for who asked for that part', async () => {
  const part = { group, katas: [kata(1)], whole: false };
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': green('1.1') });
  expect(isDone(await runGroup(part, grader, evidence, options))).toBe(true);
  expect(grader.asked).toEqual([['gate 1', '1.1']]);
});

test('a save is graded alone, and what the gate said before no longer holds', async () => {
  const grader = grading({ 'gate 1': green('gate 1'), '1.1': green('1.1'), '1.2': green('1.2') });
  const state = await runGroup(plan, grader, evidence, options);
  grader.verdicts['1.2'] = red('1.2');
  await gradeSaved(state, [kata(2)], grader, options);
  expect(grader.asked.at(-1)).toEqual(['1.2']);
  expect(state.gate).toBeNull();
  expect(isDone(state)).toBe(false);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Saves as they come: each entry changes the verdicts and names the katas that were saved. */
async function watch(
  grader: ReturnType<typeof grading>,
  script: (() => string[] | Promise<string[]>)[],
  quietMs: number | null = null,
) {
  const state = await runGroup(plan, grader, evidence, options);
  const replayer = grading(grader.verdicts);
  const shown: string[] = [];
  const measured: [string, Coverage][] = [];
  const saves = { next: async () => script.shift()?.() ?? Promise.reject(new Error('over')), close: () => {} };
  const show = (_: unknown, saved: Kata[]) => {
    shown.push(...saved.map(({ id }) => id));
    return { measured: (kata: Kata, coverage: Coverage) => measured.push([kata.id, coverage]) };
  };
  const graders = { grading: grader, replaying: replayer, quietMs };
  const run = { states: [state], saves, ...graders, evidence, options: () => options, show };
  const ended = await watchUntilGreen({ ...run, settled: () => {} }, new AbortController().signal).catch((e) => e);
  return { state, shown, measured, replayer, ended };
}

test('after a red save the incident is replayed beside, not by the grader of saves', async () => {
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': red('1.1'), '1.2': red('1.2') });
  const { replayer } = await watch(grader, [() => ['1.2']]);
  expect(grader.asked.slice(1)).toEqual([['1.2']]);
  expect(replayer.asked).toEqual([['gate 1']]);
});

test('the incident is not replayed with an answer that does not run', async () => {
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': red('1.1'), '1.2': red('1.2') });
  const timeout = verdict([], { id: '1.2', verdict: 'timeout', error: 'kata.ts was stopped' });
  const { replayer } = await watch(grader, [() => Object.assign(grader.verdicts, { '1.2': timeout }) && ['1.2']]);
  expect(replayer.asked).toEqual([]);
});

test('saves are graded until all that was asked is green, gate included', async () => {
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': red('1.1'), '1.2': red('1.2') });
  const { state, shown, ended } = await watch(grader, [
    () => Object.assign(grader.verdicts, { '1.1': green('1.1') }) && ['1.1'],
    () => Object.assign(grader.verdicts, { '1.2': green('1.2'), 'gate 1': green('gate 1') }) && ['1.2'],
  ]);
  expect(ended).toBeUndefined();
  expect(shown).toEqual(['1.1', '1.2']);
  expect(grader.asked.slice(1)).toEqual([['1.1'], ['1.2'], ['gate 1'], ['whole gate']]);
  expect(isDone(state)).toBe(true);
});

const half: Coverage = { lines: 0.5, branches: 0.25 };

test('what is measured comes after the verdicts, and is in what the run came to', async () => {
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': red('1.1'), '1.2': green('1.2') });
  const measuring: Grading = {
    grade: async (requests, onVerdict) => {
      const verdicts = await grader.grade(requests, onVerdict);
      return verdicts.map((one) => (one.id === '1.2' ? { ...one, coverage: half } : one));
    },
  };
  const told: unknown[] = [];
  const state = await runGroup(plan, measuring, evidence, options, {
    kata: ({ id }, { coverage }) => told.push([id, coverage]),
    measured: ({ id }, coverage) => told.push([id, coverage]),
  });
  expect(told).toEqual([
    ['1.1', undefined],
    ['1.2', undefined],
    ['1.2', half],
  ]);
  expect([...state.verdicts.values()].map(({ coverage }) => coverage)).toEqual([undefined, half]);
});

test('a saved answer is measured beside when no save comes for a while, and not when one does', async () => {
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': red('1.1'), '1.2': { ...green('1.2'), coverage: half } });
  const [soon, later] = [() => ['1.2'], () => pause(20).then(() => ['1.2'])];
  const hurried = await watch(grader, [soon, soon, soon], 1_000);
  expect(hurried.replayer.asked.flat()).not.toContain('1.2');
  const patient = await watch(grader, [soon, later], 1);
  expect(patient.replayer.asked.slice(0, 2)).toEqual([['gate 1'], ['1.2']]);
  expect(patient.measured).toEqual([['1.2', half]]);
});

test('what is green at last is measured before the run ends', async () => {
  const grader = grading({ 'gate 1': red('gate 1'), '1.1': red('1.1'), '1.2': { ...green('1.2'), coverage: half } });
  const greenAtLast = { '1.1': green('1.1'), 'gate 1': green('gate 1') };
  const save = () => Object.assign(grader.verdicts, greenAtLast) && ['1.1', '1.2'];
  const { ended, replayer, measured } = await watch(grader, [save], 1_000);
  expect(ended).toBeUndefined();
  expect(replayer.asked).toEqual([['1.1'], ['1.2']]);
  expect(measured).toEqual([['1.2', half]]);
});
