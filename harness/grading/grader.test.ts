import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer, kata, root } from './fixtures/kata-under-test.ts';
import { type Grader, openGrader } from './grader.ts';

let grader: Grader;
beforeAll(async () => {
  grader = await openGrader({ root, columns: 2 });
});
afterAll(() => grader.close());

const once = 'export const askTwice = (ask: (q: string) => Promise<string>) => ask;';
const smallSeeds = `export const askTwice = Object.assign(
  (ask: (q: string) => Promise<string>) => (q: string) => ask(q).catch(() => ask(q)), { onlySmallSeeds: true });`;

test('a red answer is told which rule it broke, on which seed and at which event', async () => {
  const [verdict] = await grader.grade([{ kata, subject: answer('once', once), seeds: [1, 2] }]);
  expect(verdict).toMatchObject({ id: '1.1', verdict: 'fail', score: 3, seeds: [1, 2] });
  expect(verdict?.behaviours).toEqual([
    {
      id: 'incident',
      title: 'a question that met one failure is answered',
      points: 3,
      passed: false,
      message: 'q-1 got no answer although the provider was well after 0.1 s',
      event: 3,
      seed: 'recorded',
      kind: 'rule',
    },
    expect.objectContaining({ id: 'late', passed: true, message: null }),
    expect.objectContaining({ id: 'trade-off', points: 1, passed: true }),
  ]);
});

test('answers to one suite are judged apart, in the order they were asked for, however many there are', async () => {
  const subjects = [kata.file, answer('once', once), answer('small', smallSeeds), kata.file, answer('once', once)];
  const verdicts = await grader.grade(subjects.map((subject) => ({ kata, subject, seeds: [6] })));
  expect(verdicts.map(({ verdict, score }) => [verdict, score])).toEqual([
    ['pass', 6],
    ['fail', 3],
    ['fail', 4],
    ['pass', 6],
    ['fail', 3],
  ]);
});

test('threads that are used again never mix up the answers', async () => {
  const reusing = await openGrader({ root, columns: 3, reuseThreads: true });
  const subjects = [kata.file, answer('once', once), answer('small', smallSeeds)];
  const order = [0, 1, 2, 2, 0, 1, 1, 1, 2, 0, 2, 0, 0, 1, 2];
  try {
    const requests = order.map((n) => ({ kata, subject: subjects[n] as string, seeds: [6] }));
    const verdicts = [...(await reusing.grade(requests)), ...(await reusing.grade(requests))];
    expect(verdicts.map(({ score }) => score)).toEqual([...order, ...order].map((n) => [6, 3, 4][n]));
  } finally {
    await reusing.close();
  }
});

test('the seed that broke a rule is named, and breaks it again', async () => {
  const subject = answer('small', smallSeeds);
  const [many] = await grader.grade([{ kata, subject, seeds: [4, 5, 6, 7] }]);
  expect(many?.behaviours[1]).toMatchObject({ passed: false, seed: 6 });
  const [again] = await grader.grade([{ kata, subject, seeds: [6] }]);
  expect(again?.behaviours[1]).toMatchObject({ passed: false, seed: 6, message: 'seed 6 was not served' });
});

test('a saved file is judged anew by a warm grader', async () => {
  const subject = answer('saved', once);
  const [before] = await grader.grade([{ kata, subject, seeds: [1] }]);
  writeFileSync(
    subject,
    'export const askTwice = (ask: (q: string) => Promise<string>) => (q: string) => ask(q).catch(() => ask(q));',
  );
  const [after] = await grader.grade([{ kata, subject, seeds: [1] }]);
  expect([before?.verdict, after?.verdict]).toEqual(['fail', 'pass']);
});

test('a run that stops at the first red rule leaves the others open', async () => {
  const [verdict] = await grader.grade([{ kata, subject: answer('once', once), seeds: [1], stopAtFirstRed: true }]);
  expect(verdict?.behaviours.map(({ id, passed, skipped }) => [id, passed, skipped])).toEqual([
    ['incident', false, undefined],
    ['late', false, true],
    ['trade-off', false, true],
  ]);
});

test('only the behaviours that were asked for are played', async () => {
  const [verdict] = await grader.grade([{ kata, subject: answer('once', once), seeds: [1], only: ['trade-off'] }]);
  expect(verdict).toMatchObject({ verdict: 'pass', behaviours: [{ id: 'trade-off' }] });
});

test('an answer that is not there is an error by name, and the others are judged', async () => {
  const verdicts = await grader.grade([
    { kata, subject: '/nowhere/kata.ts', seeds: [1] },
    { kata, subject: kata.file, seeds: [1] },
  ]);
  expect(verdicts.map(({ verdict, error }) => [verdict, error])).toEqual([
    ['error', '/nowhere/kata.ts does not exist'],
    ['pass', undefined],
  ]);
});

/** Six lines that can run, of which five do; an `if`, of which one way is taken. */
const branchNeverTaken = `export function askTwice(ask: (question: string) => Promise<string>) {
  return async (question: string) => {
    try {
      return await ask(question);
    } catch {
      if (question === '') {
        return 'nothing was asked';
      }
      return ask(question);
    }
  };
}
`;

test('the share of an answer that its suite ran is measured where it is asked for', async () => {
  const measuring = await openGrader({ root, coverage: true });
  const subject = answer('branch-never-taken', branchNeverTaken);
  const heard: unknown[] = [];
  const before = existsSync(`${root}/coverage`);
  try {
    const [verdict] = await measuring.grade([{ kata, subject, seeds: [1] }], ({ coverage }) => heard.push(coverage));
    expect(verdict).toMatchObject({ verdict: 'pass', coverage: { lines: 0.833, branches: 0.5 } });
    writeFileSync(subject, once);
    const [whole] = await measuring.grade([{ kata, subject, seeds: [1] }]);
    expect(whole).toMatchObject({ verdict: 'fail', coverage: { lines: 1, branches: 1 } });
    writeFileSync(subject, `${once}\nthrow new Error('at import');\n`);
    const [broken] = await measuring.grade([{ kata, subject, seeds: [1] }]);
    expect(broken).toMatchObject({ verdict: 'error' });
    expect(broken).not.toHaveProperty('coverage');
  } finally {
    await measuring.close();
  }
  expect(heard).toEqual([undefined]);
  expect(existsSync(`${root}/coverage`)).toBe(before);
});
