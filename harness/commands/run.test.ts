import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FixtureRepo, fixtureRepo, fixtureTerminal, GROUP, solution } from './fixture-repo.ts';
import { run } from './run.ts';

let repo: FixtureRepo;
const file = (slug: string) => `katas/${GROUP}/${slug}/kata.ts`;

beforeEach(() => {
  repo = fixtureRepo();
});
afterEach(() => repo.remove());

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** The command as a person starts it, piped. `onOutput` may act while it runs. */
function kata(args: string[], onOutput?: (out: string, stop: () => void) => void): Promise<Ended> {
  const { NO_COLOR, FORCE_COLOR, ...env } = process.env;
  const child = spawn(process.execPath, ['harness/main.js', ...args], { cwd: repo.root, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
    onOutput?.(out, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

test('a first run shows the damage, why each kata is red, and the file to open', async () => {
  const { code, out, err } = await kata(['group1']);
  expect(code).toBe(1);
  expect(err).toBe('');
  expect(out).toMatch(/✗ orders dropped +2 +2 +none +not met/);
  expect(out).toMatch(/#2 {2}OrdersDropped +orders dropped/);
  expect(out).toMatch(/✗ 1\.1 .* 2\/5 {2}red\n +1 of 11 orders were forgotten \[event 2, seed 1\]/);
  expect(out).toMatch(/Gate +not run: 2 of 2 katas still to go/);
  expect(out).toMatch(new RegExp(`Next\\n.*1\\.1.*\\n +katas/${GROUP}/01-cook/README\\.md\\n`));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a pipe must not get
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  for (const line of out.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
});

test('a resolved group ends in 0 and says what that means', async () => {
  for (const slug of ['01-cook', '02-serve'])
    copyFileSync(repo.path('solutions', GROUP, slug, 'kata.ts'), repo.path(file(slug)));
  const { code, out } = await kata(['1', '--seed', '4']);
  expect(out).toContain('Group 1 is resolved');
  expect(out).toContain('green, the recording and seeds 4');
  expect(code).toBe(0);
});

test('one that does not compile is named with its line, and the others still run', async () => {
  repo.write(file('01-cook'), `${solution('cook')}const x = ;\n`);
  repo.write(file('02-serve'), solution('serve'));
  const { code, out } = await kata(['1.1', 'group1/02']);
  expect(code).toBe(1);
  expect(out).toMatch(/✗ 1\.1 .* error\n +katas\/group01-the-orders-piled-up\/01-cook\/kata\.ts:2/);
  expect(out).toMatch(/✓ 1\.2 .* 5\/5 {2}green/);
  expect(out).toContain('1.1 could not be run: mend it first.');
  expect(out).not.toMatch(/^ +at .*node_modules/m);
});

test('in a terminal it stays, and grades each save until all is green', async () => {
  const { terminal, text } = fixtureTerminal({ interactive: true });
  const running = run(repo.root, { names: ['1'], once: false, verbose: false, json: false, seed: null }, terminal);
  await expect.poll(text, { timeout: 30_000 }).toContain('Waiting for a save');
  expect(text()).toContain('Begin with 1.1');
  repo.write(file('01-cook'), solution('cook'));
  await expect
    .poll(text, { timeout: 30_000 })
    .toMatch(/1\.1 saved .*\n.*✓ 1\.1 .* 5\/5 {2}green\n {4}\+ no order is forgotten/);
  await expect.poll(text, { timeout: 30_000 }).toMatch(/0 of 1 objectives met\n +✗ orders dropped: 2 → 1/);
  repo.write(`${file('02-serve')}.new`, solution('serve'));
  renameSync(repo.path(`${file('02-serve')}.new`), repo.path(file('02-serve')));
  expect(await running).toBe(0);
  expect(text()).toMatch(/Gate +green, the recording and seeds [\d, ]+\n\nNext\n +Group 1 is resolved/);
});

test('--json is one object, and its ok is the exit code', async () => {
  repo.write(file('02-serve'), solution('serve'));
  const { code, out } = await kata(['1.2', '--json']);
  const { ok, groups } = JSON.parse(out);
  expect({ code, ok }).toEqual({ code: 0, ok: true });
  expect(groups[0].katas).toMatchObject([{ id: '1.2', verdict: 'pass', score: 5, points: 5 }]);
  expect(groups[0].incident).toMatchObject({ recorded: { resolved: false }, now: { resolved: false } });
  expect(groups[0].next.run).toBe('pnpm kata group1');
});

test('an edited suite and a broken recording are pointed out, and green does not count', async () => {
  const folder = `katas/${GROUP}/01-cook`;
  repo.write(file('01-cook'), solution('cook'));
  repo.write(`${folder}/kata.test.ts`, `${readFileSync(repo.path(folder, 'kata.test.ts'), 'utf8')}// softer\n`);
  repo.write(`${folder}/incident.jsonl`, '{"id":1}\n');
  const { code, out } = await kata(['1.1']);
  const text = out.replace(/\s+/g, ' ');
  expect(text).toContain(
    `! kata.test.ts of 1.1 was edited: results don't count. 'git checkout -- ${folder}/kata.test.ts'`,
  );
  expect(text).toMatch(/incident\.jsonl:1: /);
  expect(out).toMatch(/✓ 1\.1 .* green/);
  expect(code).toBe(1);
});

test('a run works where .kata cannot be written, and a deleted kata.ts comes back by reset', async () => {
  repo.write('.kata', 'a file where a folder must be\n');
  rmSync(repo.path(file('01-cook')));
  const { code, out, err } = await kata(['1.1', '1.2']);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toMatch(/✗ 1\.1 .* error\n +katas\/.*\/01-cook\/kata\.ts does\s+not exist/);
  expect(out).toMatch(/✗ 1\.2 .* red/);
  expect(out).toMatch(/1\.1 has no kata\.ts\. The starter comes back with\n +pnpm kata reset 1\.1/);
});

test('an unknown name is one line with the nearest ones', async () => {
  const { code, out, err } = await kata(['1.3']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^KATA_UNKNOWN: .*1\.3.*1\.[12].*\n$/);
});

test('Ctrl-C during an endless loop is one line and 130', async () => {
  repo.write(file('02-serve'), 'for (;;);\n');
  const began = performance.now();
  const { code, err } = await kata(['group1'], (out, stop) => {
    if (out.includes('Group 1')) setTimeout(stop, 1_000);
  });
  expect({ code, err }).toEqual({ code: 130, err: 'INTERRUPTED: Stopped.\n' });
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('compare refuses to spoil a red kata where nobody can be asked, and --yes shows both', async () => {
  const refused = await kata(['compare', '1.1']);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toMatch(/^SPOILER_REFUSED: 1\.1 is not green yet \(2 of 5 points\).*--yes.*\n$/);
  const { code, out } = await kata(['compare', '1.1', '--yes']);
  expect(code).toBe(0);
  expect(out).toMatch(/- {2}export const cook = .* orders - 1;/);
  expect(out).toMatch(/✗ orders dropped +2 +1 +none +not met/);
  expect(out).toMatch(/OrdersDropped +2 +│ OrdersDropped +1/);
});

test("the incident on the learner's code, on another seed", async () => {
  writeFileSync(repo.path(file('01-cook')), solution('cook'));
  const { code, out } = await kata(['incident', 'group1', '--seed', '3']);
  expect(code).toBe(0);
  expect(out).toContain('on your code, seed 3: 2 events');
  expect(out).toMatch(/OrdersDropped +orders 1\n/);
  expect(readFileSync(repo.path('.kata/history/group1-mine.jsonl'), 'utf8')).toContain('"orders":23');
});
