import { basename } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer, kata, root } from './fixtures/kata-under-test.ts';
import { type Grader, openGrader } from './grader.ts';
import type { Verdict } from './verdict.ts';

const right = `export function askTwice(ask: (q: string) => Promise<string>) {
  return async (q: string) => { try { return await ask(q); } catch { return ask(q); } };
}
`;

const eatsMemory = `const all: unknown[] = [];
export const askTwice = () => async () => { for (;;) all.push(new Array(1e4).fill(Math.random())); };`;

/** Each answer, the verdict it gets and the one line that is said of it; a pass says nothing. */
const hostile: Record<string, { source: string; verdict: Verdict['verdict']; line?: RegExp }> = {
  'endless-loop': {
    source: 'export const askTwice = () => async () => { for (;;) {} };',
    verdict: 'timeout',
    line: /endless-loop.ts was stopped: an endless loop/,
  },
  'endless-microtasks': {
    source: 'export const askTwice = () => async () => { for (;;) await null; };',
    verdict: 'timeout',
    line: /was stopped: an endless loop/,
  },
  'loops-at-import': {
    source: `for (;;) {}\n${right}`,
    verdict: 'timeout',
    line: /loops-at-import.ts was stopped: it never finished loading/,
  },
  'waits-at-import': {
    source: `await new Promise(() => {});\n${right}`,
    verdict: 'timeout',
    line: /it never finished loading/,
  },
  'asks-for-ever': {
    source: 'export const askTwice = () => async () => { for (;;) await new Promise((r) => setTimeout(r)); };',
    verdict: 'timeout',
  },
  'never-settles': {
    source: 'export const askTwice = () => () => new Promise(() => {});',
    verdict: 'timeout',
  },
  exits: {
    source: 'export const askTwice = () => process.exit(3);',
    verdict: 'error',
    line: /exits.ts called process.exit\(3\)/,
  },
  'exits-at-import': {
    source: `process.exit(0);\n${right}`,
    verdict: 'error',
    line: /called process.exit\(0\)/,
  },
  'ends-its-thread': {
    source: `process.reallyExit(0);\n${right}`,
    verdict: 'error',
    line: /was stopped: it ended its process/,
  },
  'throws-at-import': {
    source: `\n${right}\nthrow new TypeError('no table');`,
    verdict: 'error',
    line: /throws-at-import.ts:6 throws when it is imported: TypeError: no table/,
  },
  'does-not-compile': {
    source: 'export function askTwice() {\n  const x = ;\n}',
    verdict: 'error',
    line: /does-not-compile.ts:2:13 does not compile: Unexpected token/,
  },
  'exports-another-name': {
    source: 'export const askThrice = 1;',
    verdict: 'error',
    line: /must export askTwice; it exports askThrice/,
  },
  'imports-a-file': {
    source: `import './helper.ts';\n${right}`,
    verdict: 'error',
    line: /imports-a-file.ts:1 imports '.\/helper.ts': an answer is one file; it may import #answerdesk\/…, p-retry/,
  },
  'imports-the-disk': {
    source: `// A comment.\nimport { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n${right}`,
    verdict: 'error',
    line: /imports-the-disk.ts:2 imports 'node:fs'/,
  },
  'prints-a-megabyte': { source: `console.log('x'.repeat(1e6));\n${right}`, verdict: 'pass' },
  'rejects-unseen': { source: `void Promise.reject(new Error('unseen'));\n${right}`, verdict: 'pass' },
  'uses-a-library': {
    source: `import pRetry from 'p-retry';
import { setTimeout as wait } from 'node:timers/promises';
import type { Question } from '#answerdesk/domain.ts';
export type Asked = Question;
export const askTwice = (ask: (q: string) => Promise<string>) => (q: string) =>
  pRetry(() => ask(q).catch(async (e) => { await wait(1); throw e; }), { retries: 1, minTimeout: 0 });`,
    verdict: 'pass',
  },
};

let grader: Grader;
const verdicts = new Map<string, Verdict>();

beforeAll(async () => {
  grader = await openGrader({ root, columns: Object.keys(hostile).length });
  const requests = Object.entries(hostile).map(([name, { source }]) => ({
    kata,
    subject: answer(name, source),
    seeds: [1],
  }));
  await grader.grade(requests, (verdict, request) => {
    if ('kata' in request) verdicts.set(basename(request.subject, '.ts'), verdict);
  });
}, 120_000);
afterAll(() => grader.close());

test.each(Object.entries(hostile))(
  'an answer that %s gets its own verdict, and one line',
  (name, { verdict, line }) => {
    const got = verdicts.get(name);
    expect({ verdict: got?.verdict, error: got?.error }).toEqual({
      verdict,
      error: line === undefined ? undefined : expect.stringMatching(line),
    });
    expect(got?.error ?? '').not.toContain('\n');
  },
);

test('of a megabyte the beginning is kept', () => {
  expect(verdicts.get('prints-a-megabyte')?.output).toMatch(/^x{4000}$/);
});

test('an answer that eats memory is stopped before it takes the machine', async () => {
  const [verdict] = await grader.grade([{ kata, subject: answer('eats-memory', eatsMemory), seeds: [1] }]);
  // On a busy machine the watchdog is there before the memory is used up.
  expect(verdict?.error).toMatch(/was stopped: (it used more than \d+ MB|an endless loop)/);
});

test('the grader still works after all that', async () => {
  const [verdict] = await grader.grade([{ kata, subject: kata.file, seeds: [1] }]);
  expect(verdict?.verdict).toBe('pass');
});
