import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { green, red } from './fixtures.ts';
import { learnerIn } from './identity.ts';
import { leftBehind, Outbox } from './outbox.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));

const gone = () => false;

test('what was put is there when the process is gone, without its torn last line', () => {
  const outbox = new Outbox(folder, 'run');
  const commands = [red('10:01', '1.1'), green('10:05', '1.1')];
  for (const command of commands) outbox.put(command);
  const [file = ''] = readdirSync(folder);
  appendFileSync(join(folder, file), '{"type":"TakeHi');
  expect(leftBehind(folder, gone)).toEqual([{ file: join(folder, file), commands }]);
  expect(leftBehind(folder)).toEqual([]);
});

test('what is in the store is gone from the outbox, and what came meanwhile is not', () => {
  const outbox = new Outbox(folder, 'run');
  const [one, two] = [red('10:01', '1.1'), red('10:02', '1.2')];
  outbox.put(one);
  const sent = [...outbox.pending];
  outbox.put(two);
  outbox.settled(sent);
  expect(outbox.pending).toEqual([two]);
  expect(leftBehind(folder, gone)[0]?.commands).toContainEqual(two);
  outbox.settled([two]);
  expect(readdirSync(folder)).toEqual([]);
});

test('where nothing can be written, it waits in memory and says why', () => {
  writeFileSync(join(folder, 'outbox'), 'a file where a folder must be');
  const outbox = new Outbox(join(folder, 'outbox'), 'run');
  outbox.put(red('10:01', '1.1'));
  expect(outbox.pending).toHaveLength(1);
  expect(outbox.unwritable).toMatchObject({ code: expect.stringMatching(/EEXIST|ENOTDIR/) });
});

test('a learner is made once, and the same from then on', () => {
  const file = join(folder, 'learner.json');
  const first = learnerIn(file, { KATA_LEARNER: 'Ada', KATA_COHORT: 'Spring 2026' });
  expect(first).toMatchObject({ name: 'Ada', cohort: 'spring-2026' });
  expect(learnerIn(file, {})).toEqual(first);
  expect(readdirSync(folder)).toEqual(['learner.json']);
});

test('without git a learner has no name', () => {
  const { PATH } = process.env;
  process.env['PATH'] = '/nowhere';
  try {
    expect(learnerIn(join(folder, 'learner.json'), {})).toMatchObject({ name: null, cohort: 'self-taught' });
  } finally {
    process.env['PATH'] = PATH;
  }
});

test('a broken learner file is named and left as it is', () => {
  const file = join(folder, 'learner.json');
  writeFileSync(file, '{"id":');
  expect(() => learnerIn(file, {})).toThrow(file);
  expect(readFileSync(file, 'utf8')).toBe('{"id":');
});
