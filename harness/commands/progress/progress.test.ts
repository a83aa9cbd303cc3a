import { execFile, spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { digestsText } from '../../catalogue/digests.ts';
import { loadCatalogue } from '../../catalogue/load.ts';
import type { Verdict } from '../../grading/verdict.ts';
import { genesis, verifyChain } from '../../progress/chain.ts';
import { type ChainedEvent, learnerStream } from '../../progress/learning-events.ts';
import type { ProgressReport } from '../../progress/progress-report.ts';
import type { RunJson } from '../../report/run-json.ts';
import { compare } from '../compare.ts';
import { type FixtureRepo, fixtureRepo, fixtureTerminal, GROUP, solution } from '../fixture-repo.ts';
import { hint } from '../hint.ts';
import { history } from '../history.ts';
import { map } from '../map.ts';
import { report } from '../report.ts';
import { planOf } from '../run/plan.ts';
import { run } from '../run.ts';
import { Keeper } from './keeper.ts';
import { openLearning } from './learning.ts';

let repo: FixtureRepo;
beforeEach(() => {
  repo = fixtureRepo();
  vi.stubEnv('KATA_PROGRESS', 'on');
  vi.stubEnv('KATA_LEARNER', 'Ada');
});
afterEach(() => {
  vi.unstubAllEnvs();
  repo.remove();
});

const verdict = (id: string, passed: boolean): Verdict => ({
  id,
  verdict: passed ? 'pass' : 'fail',
  score: passed ? 5 : 2,
  behaviours: [
    { id: 'incident', title: 'all', points: 3, passed, message: null, event: null, seed: null, kind: null },
    { id: 'trade-off', title: 'none', points: 2, passed: true, message: null, event: null, seed: null, kind: null },
  ],
  seeds: [1],
  durationMs: 12.4,
});

/** What a run would note of one kata; `done`: whether the store is asked too, or the process ends before that. */
async function graded(id: string, passed: boolean, done = true): Promise<string | undefined> {
  const catalogue = loadCatalogue(repo.root);
  const [plan] = planOf(catalogue, { groups: [], katas: catalogue.groups.flatMap(({ katas }) => katas) });
  if (!plan) throw new Error('no plan');
  const keeper = new Keeper(catalogue);
  const kata = plan.katas.find((one) => one.id === id);
  if (kata) keeper.keeping(plan, [kata], null, {}).kata?.(kata, verdict(id, passed));
  const line = done ? await keeper.flush() : undefined;
  await keeper.close();
  return line;
}

const shown = async (command: (terminal: ReturnType<typeof fixtureTerminal>['terminal']) => Promise<number>) => {
  const { terminal, text } = fixtureTerminal();
  const code = await command(terminal);
  return { code, text: text() };
};

test('what a run saw is on the map, in the history and in the report', async () => {
  repo.write(`katas/${GROUP}/01-cook/kata.ts`, solution('cook'));
  repo.write(`katas/${GROUP}/01-cook/notes.md`, 'It is slower, and it is right.\n');
  expect(await graded('1.1', true)).toBeUndefined();
  expect(await graded('1.2', false)).toBeUndefined();
  const { text } = await shown((terminal) => map(repo.root, terminal));
  expect(text).toMatch(/1 {2}Requests are slow or unreliable +✓✗ +1\/10/);
  expect(text).toContain('1.2 is red, with 2 of 5 points.');
  const cook = await shown((terminal) => history(repo.root, { name: '1.1', json: false }, terminal));
  expect(cook.text).toMatch(
    /attempt 1 at 1\.1\n.*1\.1 green, 5 of 5 points; suite v1; seed 1\n.*solved in the first attempt\n.*notes on 1\.1: 7 words/,
  );
  const { code, text: json } = await shown((terminal) =>
    report(repo.root, { format: 'json', out: undefined, receipt: undefined }, terminal),
  );
  expect(code).toBe(0);
  expect(JSON.parse(json)).toMatchObject({
    learner: { name: 'Ada', cohort: 'self-taught' },
    history: { intact: true, events: 6 },
    summary: { here: 2, states: { green: 1, red: 1 }, notes: 1 },
  });
});

/** Three lines that can run, of which two do; an `if`, of which one way is taken. */
const branchNeverTaken = (name: string) => `export function ${name}(orders: number): number {
  if (orders < 0) {
    return 0;
  }
  return orders;
}
`;
const shares = { lines: 0.667, branches: 0.5 };

const reportedCoverage = async () => {
  const asked = { format: 'json', out: undefined, receipt: undefined } as const;
  const { text } = await shown((terminal) => report(repo.root, asked, terminal));
  const { groups } = JSON.parse(text) as ProgressReport;
  return groups[0]?.katas.map(({ id, coverage }) => [id, coverage]);
};

test('a run that does not stay measures how much of an answer its suite runs', async () => {
  repo.write(`katas/${GROUP}/01-cook/kata.ts`, branchNeverTaken('cook'));
  repo.write(`katas/${GROUP}/02-serve/kata.ts`, 'export const serve = 1;\nthrow new Error();\n');
  const command = [repo.path('harness/main.js'), 'group1', '--once', '--json'];
  const ended = await promisify(execFile)(process.execPath, command, { cwd: repo.root }).catch((red) => red);
  const { groups } = JSON.parse(ended.stdout) as RunJson;
  expect(groups[0]?.katas.map(({ id, verdict, coverage }) => [id, verdict, coverage])).toEqual([
    ['1.1', 'pass', shares],
    ['1.2', 'error', null],
  ]);
  expect(await reportedCoverage()).toEqual([
    ['1.1', shares],
    ['1.2', null],
  ]);
  const { text } = await shown((terminal) => history(repo.root, { name: '1.1', json: true }, terminal));
  const events = text.split('\n').map((line) => JSON.parse(line) as ChainedEvent);
  const measured = events.find(({ type }) => type === 'CoverageMeasured');
  expect(events.find(({ id }) => id === measured?.metadata.$causationId)?.type).toBe('SuiteGraded');
  const told = await shown((terminal) => history(repo.root, { name: '1.1', json: false }, terminal));
  expect(told.text).toContain('1.1: 66 % of lines and 50 % of branches ran');
});

/** The gate as it is, on which retrieval is measured too: after the last step, as good as the katas are. */
const measuringGate = (gate: string) =>
  gate
    .replace("import { gate } from '#kit/gate.ts';", "$&\nimport { measuresOf } from '#kit/measures.ts';")
    .replace('{ history }', '{ history, report }')
    .replace(
      'const served =',
      `const share = serve(cook(10)) / 10;
  const measured = { step: 'your code', class: 'soups', questions: 10, recallAt10: share, ndcgAt10: share, mrr: null };
  history.record({ stream: 'evening', type: 'RetrievalMeasured', data: measured });
  const measures = measuresOf(history.events, 'How well it is served');
  if (measures) report.measures = measures;
  $&`,
    );

test('what a gate measures is shown beside the recording, whole in --json, and kept for the report', async () => {
  const [gate, events] = ['gate.test.ts', 'incident/events.jsonl'].map((file) => `katas/${GROUP}/${file}`) as [
    string,
    string,
  ];
  repo.write(gate, measuringGate(readFileSync(repo.path(gate), 'utf8')));
  const data = { step: 'your code', class: 'soups', questions: 10, recallAt10: 0.5, ndcgAt10: 0.5, mrr: null };
  const recorded = { ...JSON.parse(readFileSync(repo.path(events), 'utf8').split('\n')[0] ?? ''), id: 3, revision: 2 };
  appendFileSync(repo.path(events), `${JSON.stringify({ ...recorded, type: 'RetrievalMeasured', data })}\n`);
  repo.write('digests.json', digestsText(loadCatalogue(repo.root)));
  const started = (...args: string[]) =>
    promisify(execFile)(process.execPath, [repo.path('harness/main.js'), 'group1', '--once', ...args], {
      cwd: repo.root,
    })
      .catch((red) => red as { stdout: string })
      .then(({ stdout }) => stdout);
  expect(await started()).toMatch(
    /nDCG@10 by step and class; .*\n +soups\n {2}your code {2}\.80 \+\.30\n {2}Every metric: /,
  );
  const json = JSON.parse(await started('--json')) as RunJson;
  const measures = json.groups[0]?.incident?.measures;
  expect(measures?.now).toMatchObject({ title: 'How well it is served', steps: ['your code'] });
  expect(measures?.now.metrics.map(({ values }) => values)).toEqual([[[0.8]], [[0.8]], [[null]]]);
  expect(measures?.recorded?.metrics[1]).toEqual({ name: 'nDCG@10', values: [[0.5]] });
  const asked = { format: 'json', out: undefined, receipt: undefined } as const;
  const { text } = await shown((terminal) => report(repo.root, asked, terminal));
  expect((JSON.parse(text) as ProgressReport).groups[0]?.measures).toEqual(measures);
  const beside = await shown((terminal) => compare(repo.root, { name: '1.1', yes: true }, terminal));
  expect(beside.text).toMatch(/beside it the change against yours\n +soups\n {2}your code {2}\.90 \+\.10\n/);
});

test('a run that stays measures what is saved', async () => {
  const { terminal, text } = fixtureTerminal({ interactive: true });
  const running = run(repo.root, { names: ['1'], once: false, verbose: false, json: false, seed: null }, terminal);
  await expect.poll(text, { timeout: 30_000 }).toContain('Waiting for a save');
  repo.write(`katas/${GROUP}/01-cook/kata.ts`, branchNeverTaken('cook'));
  await expect.poll(text, { timeout: 30_000 }).toMatch(/0 of 1 objectives met\n +✗ orders dropped: 2 → 1/);
  repo.write(`katas/${GROUP}/02-serve/kata.ts`, branchNeverTaken('serve'));
  expect(await running).toBe(0);
  expect(await reportedCoverage()).toEqual([
    ['1.1', shares],
    ['1.2', shares],
  ]);
});

test('a suite that changed makes its result stale', async () => {
  repo.write(`katas/${GROUP}/01-cook/kata.ts`, solution('cook'));
  await graded('1.1', true);
  repo.write(`katas/${GROUP}/01-cook/kata.test.ts`, '// another suite\n');
  const { text } = await shown((terminal) => map(repo.root, terminal));
  expect(text).toContain('1.1 passed v1, not run on v2');
});

test('hints go on from the last one taken', async () => {
  const levels = [];
  for (let n = 0; n < 4; n++) levels.push((await shown((terminal) => hint(repo.root, { name: '1.1' }, terminal))).text);
  expect(levels.map((text) => /(\d)\/3/.exec(text)?.[1])).toEqual(['1', '2', '3', '3']);
});

test('a process that ended before the store was asked loses nothing', async () => {
  await graded('1.1', false, false);
  expect(readdirSync(repo.path('.kata/outbox'))).toHaveLength(1);
  expect(existsSync(repo.path('.kata/store'))).toBe(false);
  // As if it were another process's, which is gone: 2 ** 22 is above every pid.
  const [file = ''] = readdirSync(repo.path('.kata/outbox'));
  writeFileSync(
    repo.path('.kata/outbox', file.replace(/^\d+/, '4194304')),
    readFileSync(repo.path('.kata/outbox', file)),
  );
  rmSync(repo.path('.kata/outbox', file));
  const { text } = await shown((terminal) => map(repo.root, terminal));
  expect(text).toContain('1.1 is red');
  expect(readdirSync(repo.path('.kata/outbox'))).toEqual([]);
});

test('where the store cannot be had, one line says so once, and it goes in later', async () => {
  vi.stubEnv('ESDB_URL', 'esdb://127.0.0.1:1?tls=false');
  const line = await graded('1.1', false);
  expect(line).toMatch(
    /^Your progress is not in the event store yet: .*127\.0\.0\.1:1.* It waits in \.kata\/outbox for the next command\.$/,
  );
  await expect(
    report(repo.root, { format: 'text', out: undefined, receipt: undefined }, fixtureTerminal().terminal),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  const { text } = await shown((terminal) => map(repo.root, terminal));
  expect(text).toContain("As last known: the event store can't be read.");
});

test('where nothing can be written at all, the run goes on and says why', async () => {
  repo.write('.kata', 'a file where a folder must be\n');
  expect(await graded('1.1', true)).toMatch(/^Your progress can't be kept: .*; nor can \.kata\/outbox: /);
});

test('terminals at once are kept in one intact chain', async () => {
  const start = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['harness/main.js', ...args], { cwd: repo.root, env: process.env });
  const ended = await Promise.all(['1.1', '1.2', '1.1'].map((id) => start('hint', id, '--level', '2')));
  expect(ended.map(({ stdout, stderr }) => [/2\/3/.test(stdout), /progress/.test(stdout), stderr])).toEqual(
    Array(3).fill([true, false, '']),
  );
  const learning = await openLearning(repo.root, process.env);
  const events = await learning.journal.history();
  await learning.close();
  expect(verifyChain(events, genesis(learnerStream(learning.learner.id))).intact).toBe(true);
  expect(events.map(({ type }) => type)).toEqual(['LearnerEnrolled', 'HintTaken', 'HintTaken', 'HintTaken']);
});

test('Ctrl-C in the middle of a run is one line, and what was shown is kept', async () => {
  repo.write(`katas/${GROUP}/01-cook/kata.ts`, solution('cook'));
  repo.write(`katas/${GROUP}/02-serve/kata.ts`, 'for (;;);\n');
  // Its replay would wait for the endless loop, and be shown first.
  rmSync(repo.path(`katas/${GROUP}/gate.test.ts`));
  const child = spawn(process.execPath, ['harness/main.js', '1.1', '1.2'], { cwd: repo.root, env: process.env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
    // Once: a second one doesn't wait for the line.
    if (!child.killed && /1\.1 .*green/.test(out)) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, err }).toEqual({ code: 130, err: 'INTERRUPTED: Stopped.\n' });
  const { text } = await shown((terminal) => map(repo.root, terminal));
  expect(text).toMatch(/unreliable +✓[·✗] +1\/10/);
});

test('a store that was emptied shows against the receipt, and so does one of another learner', async () => {
  await graded('1.1', false);
  const asked = { format: 'text', out: undefined, receipt: undefined } as const;
  const first = await shown((terminal) => report(repo.root, asked, terminal));
  expect(first.code).toBe(0);
  const [receipt = ''] = /kata-receipt\.\S+/.exec(first.text) ?? [];
  rmSync(repo.path('.kata/store'), { recursive: true, maxRetries: 20, retryDelay: 50 });
  const again = await shown((terminal) => report(repo.root, asked, terminal));
  expect(again.code).toBe(1);
  expect(again.text.replace(/\s+/g, ' ')).toContain('events 1 to 2 are missing: the receipt of the last report');
  const given = await shown((terminal) => report(repo.root, { ...asked, receipt }, terminal));
  expect(given.text.replace(/\s+/g, ' ')).toContain('the receipt given vouches for 2');
  const foreign = receipt.replace(/\.\S{8}/, '.00000000');
  await expect(report(repo.root, { ...asked, receipt: foreign }, fixtureTerminal().terminal)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  });
});

test('a report goes into a file whole, in the format of its ending, or not at all', async () => {
  await graded('1.1', false);
  const out = repo.path('report.html');
  const { text } = await shown((terminal) =>
    report(repo.root, { format: undefined, out, receipt: undefined }, terminal),
  );
  expect(text).toMatch(/^Written: .*report\.html\nReceipt: kata-receipt\./);
  expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  const nowhere = repo.path('no-such-folder/report.html');
  await expect(
    report(repo.root, { format: undefined, out: nowhere, receipt: undefined }, fixtureTerminal().terminal),
  ).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', message: expect.stringContaining('no-such-folder') });
});
