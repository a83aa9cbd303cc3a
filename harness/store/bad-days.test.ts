import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readLock } from '../kernel/shared-server/owner-lock.ts';
import { StoreUnavailable } from './store-errors.ts';
import type { EventStore } from './store-port.ts';
import { collect, open, temporaryFolder } from './testing/open-fixture.ts';

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

/** A file system of its own; undefined where this user can't have one. It is gone after the test. */
function mounted(options: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'store-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** How many processes have this among their arguments. */
function processesWith(argument: string): number {
  const all = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
  return all.filter((line) => line.includes(argument)).length;
}

test('a disk that may only be read is named', async ({ skip }) => {
  const disk = mounted('ro') ?? skip('no tmpfs can be mounted here');
  expect(await refusal(open(disk))).toMatch(/: the file system is read-only \(EROFS\)\./);
  await expect.poll(() => processesWith(disk), { timeout: 5000 }).toBe(0);
  expect(await refusal(open(join(disk, 'store')))).toMatch(/: the file system is read-only \(EROFS\)\./);
});

test('on a full disk an append is refused in one line, and what was there can be read', async ({ skip }) => {
  const disk = mounted('size=256k') ?? skip('no tmpfs can be mounted here');
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
