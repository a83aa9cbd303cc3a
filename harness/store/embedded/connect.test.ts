import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AppendResult, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../kernel/shared-server/connect.ts';
import { readLock } from '../../kernel/shared-server/owner-lock.ts';
import { serve } from './serve.ts';
import { temporaryFolder } from './testing/log-fixture.ts';

const command = [process.execPath, fileURLToPath(new URL('../start-server.js', import.meta.url))] as const;

async function connectTo(folder: string, patience?: number) {
  const connection = await connect({ folder, command, ...(patience !== undefined && { patience }) });
  onTestFinished(() => connection.release());
  return connection;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function withClient<T>(port: number, use: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  try {
    return await use(client);
  } finally {
    await client.dispose();
  }
}

const append = (port: number): Promise<AppendResult> =>
  withClient(port, (client) => client.appendToStream('s', jsonEvent({ type: 'T', data: {} })));

test('commands that come later use the server of the first, which stops with the last of them', async () => {
  const folder = temporaryFolder();
  const first = await connectTo(folder);
  const second = await connectTo(folder);
  expect([second.pid, second.port]).toEqual([first.pid, first.port]);
  first.release();
  await append(second.port);
  second.release();
  await expect.poll(() => isRunning(first.pid), { timeout: 5000 }).toBe(false);
  expect(readLock(folder)?.owner.released).toBe(true);
  const third = await connectTo(folder);
  expect(third.pid).not.toBe(first.pid);
  const { nextExpectedRevision } = await append(third.port);
  expect(nextExpectedRevision).toBe(1n);
});

test('six commands at once get one server', async () => {
  const folder = temporaryFolder();
  const all = await Promise.all(Array.from({ length: 6 }, () => connectTo(folder)));
  expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
});

test('when the owner was killed the next commands get one new server, with what was there', async () => {
  const folder = temporaryFolder();
  const first = await connectTo(folder);
  await append(first.port);
  process.kill(first.pid, 'SIGKILL');
  const all = await Promise.all(Array.from({ length: 3 }, () => connectTo(folder)));
  expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
  expect(all[0]?.pid).not.toBe(first.pid);
  expect((await append(all[0]?.port ?? 0)).nextExpectedRevision).toBe(1n);
});

/** A port on which something listens that isn't ours. */
async function stranger(talk: (socket: Socket) => void): Promise<number> {
  const server = createServer(talk);
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

function leaveLock(folder: string, owner: object): void {
  mkdirSync(folder, { recursive: true });
  const all = { port: 1, token: 'x', pid: 2 ** 22 - 1, host: hostname(), released: false, ...owner };
  writeFileSync(join(folder, 'owner-7.json'), JSON.stringify(all));
}

type Listening = () => Promise<number>;

test.each<[string, Listening]>([
  ['nobody listens any more', async () => 1],
  ['somebody else listens who hangs up', () => stranger((socket) => socket.destroy())],
  [
    'somebody else listens who says something else',
    () => stranger((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  ],
])("a dead owner's lock is taken over, also where on its port %s", async (_, listen) => {
  const folder = temporaryFolder();
  leaveLock(folder, { port: await listen() });
  await connectTo(folder);
  expect(readLock(folder)).toMatchObject({ number: 8, owner: { released: false } });
});

test('an owner that lives and does not answer is named, and left alone', async () => {
  const folder = temporaryFolder();
  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
  leaveLock(folder, { port: await stranger((socket) => void sockets.push(socket)), pid: process.pid });
  await expect(connectTo(folder, 300)).rejects.toThrow(
    `${folder} is in use by process ${process.pid}, which doesn't answer. Stop that process.`,
  );
});

test('a lock of another machine is named, with what to do', async () => {
  const folder = temporaryFolder();
  leaveLock(folder, { host: 'elsewhere' });
  await expect(connectTo(folder)).rejects.toThrow(
    `${folder} is in use on elsewhere by process 4194303. Stop it there; if it doesn't run any more, delete ${join(folder, 'owner-7.json')}.`,
  );
});

test('a lock that a power cut has emptied is nobody’s', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'owner-3.json'), '');
  await connectTo(folder);
  expect(readLock(folder)?.number).toBe(4);
});

test('a server that nobody comes to stops by itself', async () => {
  let stopped = () => {};
  const stopping = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const folder = temporaryFolder();
  expect(await serve(folder, { port: 0, patience: 20, onStopped: stopped })).toMatchObject({ reports: [] });
  await stopping;
});

test('a second server on the same folder steps back', async () => {
  const folder = temporaryFolder();
  const first = await serve(folder, { port: 0 });
  expect(await serve(folder, { port: 0 })).toBeUndefined();
  await first?.stop();
});

test('a port that is taken is named', async () => {
  const port = await stranger(() => {});
  await expect(serve(temporaryFolder(), { port })).rejects.toThrow(`Port ${port} of 127.0.0.1 can't be had`);
});

const outside = Object.values(networkInterfaces())
  .flat()
  .find((face) => face?.family === 'IPv4' && !face.internal);

test.skipIf(outside === undefined)('nobody reaches it from another machine', async () => {
  const served = await serve(temporaryFolder(), { port: 0 });
  const reached = await new Promise((resolve) => {
    const socket = createConnection(served?.port ?? 0, outside?.address);
    socket.on('connect', () => resolve('connected'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(reached).toBe('ECONNREFUSED');
  await served?.stop();
});
