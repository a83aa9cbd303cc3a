import { expect, test } from 'vitest';
import { kata } from '../../grading/fixtures/kata-under-test.ts';
import type { BehaviourResult, Verdict } from '../../grading/verdict.ts';
import { type Judged, judgeKata } from './judge.ts';

const behaviour = (id: string, change: Partial<BehaviourResult> = {}): BehaviourResult => ({
  id,
  title: id,
  points: 1,
  passed: true,
  message: null,
  event: null,
  seed: null,
  kind: null,
  ...change,
});
const red = (id: string, kind: BehaviourResult['kind'] = 'rule') =>
  behaviour(id, { passed: false, kind, message: 'it broke', seed: 1001 });

function judged(
  role: Judged['role'],
  file: string,
  behaviours: BehaviourResult[],
  change: Partial<Verdict> = {},
): Judged {
  const stuck = behaviours.some(({ kind }) => kind === 'stuck');
  const verdict = behaviours.every(({ passed }) => passed) ? 'pass' : stuck ? 'timeout' : 'fail';
  const all: Verdict = { id: '1.1', verdict, score: 0, behaviours, seeds: [1001, 1002], durationMs: 1, ...change };
  return { kata, role, file, subject: `/x/${file}`, verdict: all };
}
const green = ['incident', 'late', 'trade-off'].map((id) => behaviour(id));
const starter = judged('starter', 'starter.ts', [red('incident'), behaviour('late'), red('trade-off')]);
const solution = judged('solution', 'kata.ts', green);
const messages = (...answers: Judged[]) => judgeKata('/', kata, answers).problems.map(({ message }) => message);

test('a kata as it should be has no problem, and its row says what was found', () => {
  const wrong = judged('wrong', 'wrong/a.ts', [behaviour('incident'), red('late'), behaviour('trade-off')]);
  const right = judged('alsoRight', 'also-right/b.ts', green);
  const { row, problems } = judgeKata('/', kata, [starter, solution, wrong, right]);
  expect(problems).toEqual([]);
  expect(row).toMatchObject({
    id: '1.1',
    starter: { passed: 1, failed: 2 },
    solution: { passed: 3, failed: 0, seeds: 2 },
    wrong: [{ file: 'wrong/a.ts', rejected: true, by: 'late' }],
    alsoRight: [{ file: 'also-right/b.ts', accepted: true, seeds: 2 }],
  });
});

test.each([
  [
    'is green on its trade-off',
    judged('starter', 'starter.ts', [red('incident'), ...green.slice(1)]),
    /not red on "trade-off"/,
  ],
  [
    'crashes',
    judged('starter', 'starter.ts', [red('incident', 'crash'), red('trade-off')]),
    /does not break a rule: crash/,
  ],
  [
    'does not compile',
    judged('starter', 'starter.ts', [], { verdict: 'error', error: 'x.ts:1 broken' }),
    /x.ts:1 broken/,
  ],
])('a starter that %s is a problem', (_name, answer, message) => {
  expect(messages(answer, solution)).toEqual([expect.stringMatching(message)]);
});

test.each([
  ['passes', judged('wrong', 'wrong/a.ts', green), /is accepted on 2 seeds/],
  [
    'only crashes',
    judged('wrong', 'wrong/a.ts', [red('incident', 'crash')]),
    /not rejected by a rule: crash on "incident"/,
  ],
  ['is stuck', judged('wrong', 'wrong/a.ts', [red('incident', 'stuck')]), /not rejected by a rule: stuck/],
  ['loops', judged('wrong', 'wrong/a.ts', [], { verdict: 'timeout', error: 'an endless loop' }), /an endless loop/],
])('a wrong answer that %s is not rejected', (_name, answer, message) => {
  const { row, problems } = judgeKata('/', kata, [starter, solution, answer]);
  expect(row.wrong).toEqual([{ file: 'wrong/a.ts', rejected: false, by: null }]);
  expect(problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
});

test('a right answer that is refused is named with the rule and the seed', () => {
  const refused = judged('alsoRight', 'also-right/b.ts', [behaviour('incident'), red('late'), behaviour('trade-off')]);
  expect(messages(starter, solution, refused)).toEqual(['is refused: rule on "late": it broke (seed 1001)']);
});

test('points and behaviours that do not match are named both ways', () => {
  const other = judged('solution', 'kata.ts', [behaviour('incident'), behaviour('trade-off'), behaviour('extra')]);
  expect(messages(starter, other)).toEqual([
    'gives no points for "extra"',
    'gives points for "late", which no test has',
  ]);
});
