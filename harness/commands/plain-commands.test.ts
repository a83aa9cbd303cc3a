import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { doctor, nodeVersion } from './doctor.ts';
import { type FixtureRepo, fixtureRepo, fixtureTerminal, GROUP, starter } from './fixture-repo.ts';
import { hint } from './hint.ts';
import { incident } from './incident.ts';
import { list } from './list.ts';
import { reset } from './reset.ts';

let repo: FixtureRepo;
const mine = `katas/${GROUP}/01-cook/kata.ts`;
const recording = { name: 'group1', mine: false, seed: null, follow: false, event: null, all: false, json: false };

beforeEach(() => {
  repo = fixtureRepo();
});
afterEach(() => repo.remove());

test('list shows the katas that are here and names the groups that are not', async () => {
  const { terminal, text } = fixtureTerminal();
  repo.write(mine, '// mine\n');
  expect(await list(repo.root, { json: false }, terminal)).toBe(0);
  expect(text()).toMatch(/1\.1 +Half the orders were never cooked +Pattern of cook +5 +edited/);
  expect(text()).toMatch(/Not in this copy yet\n +2 {2}Duplicate requests/);
});

test('list --json is one object with paths and points', async () => {
  const { terminal, text } = fixtureTerminal();
  await list(repo.root, { json: true }, terminal);
  const { groups, problems } = JSON.parse(text());
  expect(groups).toHaveLength(12);
  expect(groups[0].katas[1]).toMatchObject({ id: '1.2', path: `katas/${GROUP}/02-serve`, points: 5, edited: false });
  expect(problems).toEqual([]);
});

test('a broken kata.json is one line with its file, line and remedy, and the rest is listed', async () => {
  const { terminal, text } = fixtureTerminal();
  const file = `katas/${GROUP}/01-cook/kata.json`;
  repo.write(file, readFileSync(repo.path(file), 'utf8').replace('"hints"', '"hnts"'));
  await list(repo.root, { json: false }, terminal);
  expect(text().replace(/\s+/g, ' ')).toMatch(/01-cook\/kata\.json:\d+: .*hints/);
  expect(text()).toContain('1.2 ');
});

test('hints come one by one, the first by default', async () => {
  const { terminal, lines } = fixtureTerminal();
  await hint(repo.root, { name: '1.1' }, terminal);
  await hint(repo.root, { name: 'group1/01', level: 3 }, terminal);
  expect(lines[1]).toBe('  1/3  Count them.');
  expect(lines[4]).toBe('  3/3  The last one is missing.');
  await expect(hint(repo.root, { name: '1.1', level: 4 }, terminal)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});

test('an unknown kata is refused with the nearest names', async () => {
  await expect(hint(repo.root, { name: '1.3' }, fixtureTerminal().terminal)).rejects.toMatchObject({
    code: 'KATA_UNKNOWN',
    message: expect.stringContaining('1.2'),
  });
});

test('reset brings the starter back and keeps every version of the learner in a numbered copy', async () => {
  const { terminal, text } = fixtureTerminal();
  for (const version of ['// first\n', '// second\n']) {
    repo.write(mine, version);
    expect(await reset(repo.root, { name: '1.1' }, terminal)).toBe(0);
    expect(readFileSync(repo.path(mine), 'utf8')).toBe(starter('cook'));
  }
  expect(readFileSync(repo.path('.kata/kept/1.1/kata-1.ts'), 'utf8')).toBe('// first\n');
  expect(readFileSync(repo.path('.kata/kept/1.1/kata-2.ts'), 'utf8')).toBe('// second\n');
  expect(text()).toContain('.kata/kept/1.1/kata-2.ts');
});

test('reset of an untouched kata changes nothing and keeps nothing', async () => {
  const { terminal, text } = fixtureTerminal();
  expect(await reset(repo.root, { name: '1.1' }, terminal)).toBe(0);
  expect(text()).toContain('nothing was changed');
});

test('where no copy can be kept, reset leaves the file as it is', async () => {
  repo.write(mine, '// mine\n');
  repo.write('.kata/kept', 'a file where a folder must be\n');
  const { terminal } = fixtureTerminal();
  await expect(reset(repo.root, { name: '1.1' }, terminal)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  expect(readFileSync(repo.path(mine), 'utf8')).toBe('// mine\n');
});

test('a missing starter is named with its remedy, and the file is left as it is', async () => {
  repo.write(mine, '// mine\n');
  const { terminal } = fixtureTerminal();
  rmSync(repo.path('solutions', GROUP, '01-cook', 'starter.ts'));
  await expect(reset(repo.root, { name: '1.1' }, terminal)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  expect(readFileSync(repo.path(mine), 'utf8')).toBe('// mine\n');
});

test('the incident as recorded, one event of it, and an event that is not there', async () => {
  const { terminal, text } = fixtureTerminal();
  await incident(repo.root, recording, terminal);
  expect(text()).toContain('Group 1, "The orders piled up", as recorded: 2 events');
  expect(text()).toMatch(/#2 {2}OrdersDropped +orders 2/);
  await incident(repo.root, { ...recording, event: 2 }, terminal);
  expect(text()).toMatch(/Caused by.*\n.*#1 {2}OrdersPlaced/);
  await expect(incident(repo.root, { ...recording, event: 9 }, terminal)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  });
});

test('a broken line of the recording is named', async () => {
  const file = `katas/${GROUP}/incident/events.jsonl`;
  repo.write(file, `${readFileSync(repo.path(file), 'utf8')}{\n`);
  const { terminal } = fixtureTerminal();
  await expect(incident(repo.root, recording, terminal)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringMatching(/events\.jsonl:3: is not JSON\. 'git checkout/),
  });
});

test('doctor says one thing a line and ends in 1 only where something must be mended', async () => {
  const well = fixtureTerminal();
  expect(await doctor(repo.root, well.terminal)).toBe(0);
  expect(well.text()).toMatch(/^ok {4}Node .*\n(.*\n)+\nNothing to mend\.$/);
  repo.write(`katas/${GROUP}/01-cook/kata.json`, '{');
  const ill = fixtureTerminal();
  expect(await doctor(repo.root, ill.terminal)).toBe(1);
  expect(ill.text()).toMatch(/mend {2}katas/);
});

test('doctor points out an edited suite and a broken line of a recording', async () => {
  repo.write(`katas/${GROUP}/01-cook/kata.test.ts`, '// nothing is asked\n');
  const { terminal, text } = fixtureTerminal();
  expect(await doctor(repo.root, terminal)).toBe(1);
  expect(text().replace(/\s+/g, ' ')).toContain("mend suites kata.test.ts of 1.1 was edited: results don't count");
});

test.for([
  ['18.20.4', 'mend'],
  ['20.18.3', 'mend'],
  ['20.19.0', 'ok'],
  ['24.1.0', 'ok'],
] as const)('Node %s: %s', ([version, state]) => {
  expect(nodeVersion(version).state).toBe(state);
});
