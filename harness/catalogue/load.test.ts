import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCatalogue } from './load.ts';
import { select, selectGroup, selectKata } from './select.ts';

const root = mkdtempSync(join(tmpdir(), 'catalogue-'));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
function kata(folder: string, id: string) {
  const texts = { pattern: 'P', title: 'T', objective: 'O', outOfScope: [], allow: [], references: [] };
  const points = { incident: 1, 'trade-off': 1 };
  write(`katas/${folder}/kata.json`, JSON.stringify({ id, ...texts, hints: ['a', 'b', 'c'], points }));
  write(`katas/${folder}/README.md`, 'A page.');
}

write('katas/group01-the-answers-stopped/README.md', 'An incident report.');
write('katas/group01-the-answers-stopped/gate.test.ts', '');
kata('group01-the-answers-stopped/05-retry', '1.5');
kata('group01-the-answers-stopped/08-circuit-breaker', '1.8');
kata('group01-the-answers-stopped/09-partial-result', '1.8');
write('katas/group01-the-answers-stopped/07-timeout/kata.json', '{\n"id": \n}');
write('katas/group02-charged-twice/README.md', ' ');
kata('group02-charged-twice/05-outbox', '2.5');
mkdirSync(join(root, 'katas/answerdesk'), { recursive: true });
const catalogue = loadCatalogue(root);

test('what is broken is named by file and line, and the rest still loads', () => {
  expect(catalogue.groups.map(({ number, katas }) => [number, katas.map(({ id }) => id)])).toEqual([
    [1, ['1.5', '1.8', '1.9']],
    [2, ['2.5']],
  ]);
  expect(catalogue.problems.map(({ file, line, message }) => `${file}:${line ?? ''} ${message}`)).toEqual([
    'katas/group01-the-answers-stopped/07-timeout/README.md: is missing or empty',
    'katas/group01-the-answers-stopped/07-timeout/kata.json:3 is not JSON: ValueExpected',
    expect.stringMatching(/^katas\/.*09-partial-result\/kata.json:1 "id" is 1.8, and the folder's numbers say 1.9/),
    'katas/group02-charged-twice/README.md: is missing or empty',
  ]);
});

test('a gate that nobody has written is absent', () => {
  expect(catalogue.groups.map(({ gate }) => gate !== undefined)).toEqual([true, false]);
});

test.each([
  ['1.5', '1.5'],
  ['group1/05', '1.5'],
  ['group01/5', '1.5'],
  ['1/05-retry', '1.5'],
  ['retry', '1.5'],
  ['katas/group01-the-answers-stopped/05-retry/', '1.5'],
  ['group1', '1.5 1.8 1.9'],
  ['group01', '1.5 1.8 1.9'],
  ['1', '1.5 1.8 1.9'],
  ['group01-the-answers-stopped', '1.5 1.8 1.9'],
  ['the-answers-stopped', '1.5 1.8 1.9'],
  ['all', '1.5 1.8 1.9 2.5'],
])('"%s" means %s', (name, ids) => {
  expect(select(catalogue, [name]).katas.map(({ id }) => id)).toEqual(ids.split(' '));
});

test('several names are put together, each kata once, in the order of the map', () => {
  const { groups, katas } = select(catalogue, ['2.5', 'group1', '1.5']);
  expect(groups.map(({ number }) => number)).toEqual([1]);
  expect(katas.map(({ id }) => id)).toEqual(['1.5', '1.8', '1.9', '2.5']);
});

test.each([
  ['1.55', 'KATA_UNKNOWN', /Did you mean 1.5/],
  ['group7', 'GROUP_UNKNOWN', /Did you mean group1/],
  ['circuit-braker', 'GROUP_UNKNOWN', /08-circuit-breaker/],
  ['zzzzzzzzzzzzzz', 'GROUP_UNKNOWN', /no group or kata "zzzzzzzzzzzzzz"\. \(/],
])('"%s" is unknown, and the nearest names are offered', (name, code, message) => {
  expect(() => select(catalogue, [name])).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test('where one kata is needed a group is refused, and where a group is needed a kata stands for its group', () => {
  expect(() => selectKata(catalogue, 'group1')).toThrow(expect.objectContaining({ code: 'KATA_UNKNOWN' }));
  expect(selectGroup(catalogue, '2.5').number).toBe(2);
});
