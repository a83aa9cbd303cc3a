import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readLock } from './embedded/owner-lock.ts';
import { openStore } from './open-store.ts';
import { storeConfig } from './store-config.ts';
import { AppendTooLarge, StoreUnavailable, WrongExpectedRevision } from './store-errors.ts';
import type { EventStore, Position, StoredEvent } from './store-port.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'store-open-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(folder: string, option?: string): Promise<EventStore> {
  const store = await openStore(storeConfig({ folder, env: {}, ...(option !== undefined && { option }) }));
  onTestFinished(() => store.close());
  return store;
}

async function collect(events: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The one line with which opening is refused. */
async function refusal(opening: Promise<EventStore>): Promise<string> {
  const error: unknown = await opening.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreUnavailable);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
}

test('events come back as they were given', async () => {
  const store = await open(temporaryFolder());
  const metadata = { $correlationId: 'c', $causationId: 'd' };
  const appended = await store.append(
    'learner-a',
    [{ type: 'AttemptStarted', data: { kata: '1.8' }, metadata }],
    'no_stream',
  );
  expect(appended).toEqual({ revision: 0, position: '1' });
  const [event] = await collect(store.read('learner-a'));
  expect(event).toMatchObject({
    stream: 'learner-a',
    revision: 0,
    position: '1',
    type: 'AttemptStarted',
    data: { kata: '1.8' },
    metadata,
  });
  expect(event?.created).toBeInstanceOf(Date);
  expect(store.where).toMatch(/served on 127\.0\.0\.1:\d+ for this machine only, without TLS and users$/);
});

test('a stream that is not there has no events; counts, directions and positions are kept', async () => {
  const store = await open(temporaryFolder());
  expect(await collect(store.read('nobody'))).toEqual([]);
  for (const n of [0, 1, 2, 3]) await store.append(`s-${n % 2}`, [{ type: 'T', data: n }], 'any');
  const data = async (events: AsyncIterable<StoredEvent>) => (await collect(events)).map((event) => event.data);
  expect(await data(store.readAll())).toEqual([0, 1, 2, 3]);
  expect(await data(store.readAll({ direction: 'backwards', maxCount: 2 }))).toEqual([3, 2]);
  expect(await data(store.readAll({ from: '3' }))).toEqual([2, 3]);
  expect(await data(store.read('s-1', { from: 1 }))).toEqual([3]);
  await expect(data(store.readAll({ from: 'x' }))).rejects.toThrow(RangeError);
});

test('refusals have types of their own', async () => {
  const store = await open(temporaryFolder());
  await store.append('s', [{ type: 'T', data: null }], 'any');
  const wrong = store.append('s', [{ type: 'T', data: null }], 5);
  await expect(wrong).rejects.toThrow(WrongExpectedRevision);
  await expect(wrong).rejects.toMatchObject({ stream: 's', expected: 5, actual: 0 });
  await expect(store.append('t', [{ type: 'T', data: 'x'.repeat(1_100_000) }], 'any')).rejects.toThrow(AppendTooLarge);
});

test('a subscription hands over what is there and what comes, says when it has caught up, and ends when told', async () => {
  const store = await open(temporaryFolder());
  await store.append('s', [{ type: 'T', data: 0 }], 'any');
  const ending = new AbortController();
  const seen: unknown[] = [];
  const onCaughtUp = () => {
    seen.push('caught up');
    void store.append('s', [{ type: 'T', data: 1 }], 0);
  };
  for await (const { data } of store.subscribe('s', { signal: ending.signal, onCaughtUp })) {
    seen.push(data);
    if (data === 1) ending.abort();
  }
  expect(seen).toEqual([0, 'caught up', 1]);
});

test('a filtered subscription to all streams goes on after a checkpoint', async () => {
  const store = await open(temporaryFolder());
  const others = Array.from({ length: 100 }, (_, n) => ({ type: 'T', data: n }));
  await store.append('other', others, 'any');
  await store.append('learner-a', [{ type: 'T', data: 'mine' }], 'any');
  const reached: Position[] = [];
  const filter = {
    by: 'stream',
    prefixes: ['learner-'],
    onCheckpoint: (position: Position) => void reached.push(position),
  } as const;
  for await (const event of store.subscribeToAll({ filter })) {
    expect(event.data).toBe('mine');
    break;
  }
  expect(reached).toEqual(['32', '64', '96']);
  for await (const event of store.subscribeToAll({ after: '96', filter })) {
    expect(event.position).toBe('101');
    break;
  }
});

test('a reader and a subscriber may go away in the middle, and the store closes', async () => {
  const store = await open(temporaryFolder());
  const many = Array.from({ length: 3000 }, (_, n) => ({ type: 'T', data: n }));
  await store.append('s', many, 'any');
  for await (const _ of store.read('s')) break;
  for await (const _ of store.readAll()) break;
  for await (const _ of store.subscribe('s')) break;
  for await (const _ of store.subscribeToAll()) break;
  const began = performance.now();
  await store.close();
  expect(performance.now() - began).toBeLessThan(5000);
});

test('two terminals at once use one server, and one goes on when the other has gone', async () => {
  const folder = temporaryFolder();
  const [one, other] = await Promise.all([open(folder), open(folder)]);
  await one.append('s', [{ type: 'T', data: 1 }], 'no_stream');
  await one.close();
  await other.append('s', [{ type: 'T', data: 2 }], 0);
  expect(await collect(other.read('s'))).toHaveLength(2);
});

test('when the server is killed an append goes to the next one, once', async () => {
  const folder = temporaryFolder();
  const store = await open(folder);
  await store.append('s', [{ type: 'T', data: 1 }], 'no_stream');
  process.kill(readLock(folder)?.owner.pid ?? 0, 'SIGKILL');
  expect(await store.append('s', [{ type: 'T', data: 2 }], 0)).toMatchObject({ revision: 1 });
  expect((await collect(store.read('s'))).map(({ data }) => data)).toEqual([1, 2]);
});

test('a torn end is mended and said; damage is refused by file and offset', async () => {
  const folder = temporaryFolder();
  const first = await open(folder);
  await first.append('s', [{ type: 'T', data: 1 }], 'any');
  await first.append('s', [{ type: 'T', data: 2 }], 'any');
  await first.close();
  await expect.poll(() => readLock(folder)?.owner.released, { timeout: 5000 }).toBe(true);
  const [name = ''] = readdirSync(join(folder, 'log'));
  const file = join(folder, 'log', name);
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes, Buffer.from('torn')]));
  const second = await open(folder);
  expect(second.notices).toEqual([
    `${file}: an unfinished write of 4 bytes at byte ${bytes.length} was cut off; it had not been acknowledged.`,
  ]);
  await second.close();
  await expect.poll(() => readLock(folder)?.owner.released, { timeout: 5000 }).toBe(true);
  bytes.writeUInt8(0x5a, 50);
  writeFileSync(file, bytes);
  expect(await refusal(open(folder))).toMatch(`${file} is damaged at byte 0: `);
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test.skipIf(process.getuid?.() === 0)('a folder that may not be written is named', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o500);
  expect(await refusal(open(folder))).toMatch(/may not write there \(EACCES\)/);
});

test('a file where the folder should be is named', async () => {
  const folder = join(temporaryFolder(), 'store');
  writeFileSync(folder, '');
  expect(await refusal(open(folder))).toContain(folder);
});

/** A file system of 256 KiB; undefined where this user can't have one. */
function tinyDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'store-tiny-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

test('on a full disk an append is refused in one line, and what was there can be read', async ({ skip }) => {
  const disk = tinyDisk();
  if (disk === undefined) return skip('no tmpfs can be mounted here');
  onTestFinished(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  const folder = join(disk, 'store');
  mkdirSync(folder);
  const store = await open(folder);
  let stored = 0;
  const fill = async () => {
    for (; stored < 100; stored += 1) await store.append('s', [{ type: 'T', data: 'x'.repeat(20_000) }], 'any');
  };
  await expect(fill()).rejects.toThrow(
    /^The event store in .*: .*\.log: the disk is full \(ENOSPC\); the append was not stored\.$/,
  );
  expect(stored).toBeGreaterThan(3);
  expect(await collect(store.read('s'))).toHaveLength(stored);
  await store.close();
});

test('wrong addresses are named in one line, without their passwords', async () => {
  const folder = temporaryFolder();
  const nobody = await refusal(open(folder, 'esdb://me:secret@127.0.0.1:9?tls=false'));
  expect(nobody).toBe(
    "The event store at esdb://me:…@127.0.0.1:9?tls=false can't be reached (connect ECONNREFUSED 127.0.0.1:9).",
  );
  expect(await refusal(open(folder, 'esdb://host:port'))).toContain('The event store at esdb://host:port');
  const silent = createServer((socket) => void socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as { port: number };
  expect(await refusal(open(folder, `esdb://127.0.0.1:${port}?tls=false`))).toContain(`:${port}`);
});

test('where there is no Docker a container is refused in one line', async ({ skip }) => {
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore' });
  } catch {
    expect(await refusal(open(temporaryFolder(), 'container'))).toMatch(/^There is no Docker here/);
    return;
  }
  skip('Docker is here');
});
