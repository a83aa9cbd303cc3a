import { appendFileSync, rmSync, truncateSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EventStore } from '../event-store.ts';
import { event, filesOf, framesOf, overwrite, temporaryFolder, textsOf, writeLog } from '../testing/log-fixture.ts';
import { CorruptLog } from './log-errors.ts';

function fileOf(folder: string) {
  return filesOf(folder).at(-1) as { path: string; bytes: Buffer };
}

test('what was appended is there when the log is opened again, and appends go on behind it', async () => {
  const folder = temporaryFolder();
  await writeLog(folder, [['a', 'b'], ['c']]);
  const store = new EventStore(folder);
  expect([textsOf(store), store.log.torn]).toEqual([['a', 'b', 'c'], undefined]);
  expect(await store.append('stream', [event('d')], 2)).toMatchObject({ kind: 'done', revision: 3, position: 4 });
  expect(textsOf(new EventStore(folder))).toEqual(['a', 'b', 'c', 'd']);
});

test('a last frame that is cut off at any byte is cut off whole, and said', async () => {
  const folder = temporaryFolder();
  await writeLog(folder, [['first'], ['second', 'third']]);
  const { path, bytes } = fileOf(folder);
  const last = framesOf(bytes).at(-1) as number;
  for (let length = bytes.length - 1; length > last; length -= 7) {
    overwrite(path, 0, bytes);
    truncateSync(path, length);
    const store = new EventStore(folder);
    expect(textsOf(store)).toEqual(['first']);
    expect(store.log.torn).toEqual({ file: path, offset: last, bytes: length - last });
    expect(fileOf(folder).bytes.length).toBe(last);
  }
});

test.each([
  ['zeros', Buffer.alloc(700)],
  ['noise', Buffer.from(Array.from({ length: 700 }, (_, i) => (i * 167) % 251))],
])('%s behind the last frame are cut off', async (_, garbage) => {
  const folder = temporaryFolder();
  await writeLog(folder, [['first'], ['second']]);
  const { path, bytes } = fileOf(folder);
  appendFileSync(path, garbage);
  const store = new EventStore(folder);
  expect([textsOf(store), store.log.torn]).toEqual([
    ['first', 'second'],
    { file: path, offset: bytes.length, bytes: 700 },
  ]);
});

test('a byte that is wrong anywhere in an acknowledged frame stops the opening, by file and offset, and nothing is changed', async () => {
  const folder = temporaryFolder();
  await writeLog(folder, [['first'], ['second'], ['third'], ['fourth']]);
  const { path, bytes } = fileOf(folder);
  const [, second = 0, third = 0] = framesOf(bytes);
  for (let at = second; at < third; at += 3) {
    overwrite(path, 0, bytes);
    overwrite(path, at, Buffer.from([(bytes[at] as number) ^ 0x41]));
    const damaged = fileOf(folder).bytes;
    expect(() => new EventStore(folder)).toThrow(CorruptLog);
    expect(() => new EventStore(folder)).toThrow(`${path} is damaged at byte ${second}`);
    expect(fileOf(folder).bytes.equals(damaged)).toBe(true);
  }
});

test('after a clean stop damage to the last append is damage, not a torn write', async () => {
  const folder = temporaryFolder();
  await writeLog(folder, [['first'], ['second']], true);
  const { path, bytes } = fileOf(folder);
  const [, second = 0] = framesOf(bytes);
  overwrite(path, second + 60, Buffer.from([0xff]));
  expect(() => new EventStore(folder)).toThrow(`${path} is damaged at byte ${second}`);
});

test('of appends that were written together and not acknowledged, a hole loses them all', async () => {
  const folder = temporaryFolder();
  const store = new EventStore(folder);
  await store.append('stream', [event('acknowledged')], 'any');
  await Promise.all(['x', 'y', 'z'].map((text) => store.append('stream', [event(text)], 'any')));
  const { path, bytes } = fileOf(folder);
  const [, x = 0, y = 0] = framesOf(bytes);
  // A power cut may leave the later pages of a write and not the earlier ones.
  overwrite(path, x, Buffer.alloc(y - x));
  const again = new EventStore(folder);
  expect([textsOf(again), again.log.torn?.offset]).toEqual([['acknowledged'], x]);
});

test('a log of many files is one log; a torn end is cut off in the last, damage is found in each', async () => {
  const folder = temporaryFolder();
  const texts = Array.from({ length: 40 }, (_, i) => `text-${i}`);
  await writeLog(
    folder,
    texts.map((text) => [text]),
    false,
    1000,
  );
  const files = filesOf(folder);
  expect(files.length).toBeGreaterThan(3);
  expect(textsOf(new EventStore(folder))).toEqual(texts);
  const { path, bytes } = files[1] as (typeof files)[0];
  overwrite(path, bytes.length - 1, Buffer.from([(bytes.at(-1) as number) ^ 1]));
  expect(() => new EventStore(folder)).toThrow(`${path} is damaged at byte ${framesOf(bytes).at(-1)}`);
  overwrite(path, 0, bytes);
  truncateSync(path, bytes.length - 3);
  expect(() => new EventStore(folder)).toThrow(CorruptLog);
  rmSync(path);
  expect(() => new EventStore(folder)).toThrow(/the log before it ends at byte \d+ and this file starts at \d+/);
});

test('an empty folder, an empty file and a file with nothing but a torn frame are empty logs', async () => {
  const folder = temporaryFolder();
  expect(textsOf(new EventStore(folder))).toEqual([]);
  expect(textsOf(new EventStore(folder))).toEqual([]);
  await writeLog(folder, [['only']]);
  truncateSync(fileOf(folder).path, 20);
  expect(textsOf(new EventStore(folder))).toEqual([]);
});

test('events longer than what is read at once are read whole', async () => {
  const folder = temporaryFolder();
  const long = 'y'.repeat(1_500_000);
  await writeLog(folder, [['a'], [long], ['b']]);
  expect(textsOf(new EventStore(folder)).map((text) => text.length)).toEqual([1, expect.any(Number), 1]);
  const store = new EventStore(folder);
  const [, sequence = 0] = store.log.index.find('stream')?.sequences ?? [];
  expect(store.log.read(sequence).fields.toString('latin1').endsWith(long)).toBe(true);
});
