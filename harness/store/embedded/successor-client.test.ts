import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonEvent, KurrentDBClient, streamNameFilter } from '@kurrent/kurrentdb-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, connect } from '../../kernel/shared-server/connect.ts';

// @kurrent/kurrentdb-client, which has followed @eventstore/db-client, reads through native code of its own.

const folder = mkdtempSync(join(tmpdir(), 'store-successor-'));
let connection: Connection;
let client: KurrentDBClient;

beforeAll(async () => {
  const start = fileURLToPath(new URL('../start-server.js', import.meta.url));
  connection = await connect({ folder, command: [process.execPath, start] });
  client = KurrentDBClient.connectionString(`kurrentdb://127.0.0.1:${connection.port}?tls=false`);
});

afterAll(async () => {
  await client.dispose();
  connection.release();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => jsonEvent({ type: 'Counted', data: { n: from + i } }));

async function numbers(read: AsyncIterable<{ event?: { data: unknown } | undefined }>): Promise<number[]> {
  const all: number[] = [];
  for await (const { event } of read) all.push((event?.data as { n: number } | undefined)?.n ?? -1);
  return all;
}

test('appends, and reads forwards and backwards', async () => {
  const appended = await client.appendToStream('a', events(5), { streamState: 'no_stream' });
  expect(appended.nextExpectedRevision).toBe(4n);
  expect(await numbers(client.readStream('a'))).toEqual([0, 1, 2, 3, 4]);
  expect(await numbers(client.readStream('a', { direction: 'backwards', fromRevision: 'end', maxCount: 2 }))).toEqual([
    4, 3,
  ]);
  expect(await numbers(client.readAll({ maxCount: 3 }))).toEqual([0, 1, 2]);
});

test('is refused what the stream does not expect', async () => {
  await client.appendToStream('b', events(1));
  await expect(client.appendToStream('b', events(1), { streamState: 7n })).rejects.toMatchObject({
    type: 'wrong-expected-version',
  });
  await expect(numbers(client.readStream('nobody'))).rejects.toMatchObject({ type: 'stream-not-found' });
});

test('deletes and ends streams, and sets metadata', async () => {
  await client.appendToStream('c', events(3));
  await client.setStreamMetadata('c', { maxCount: 1 });
  expect(await numbers(client.readStream('c'))).toEqual([2]);
  await client.deleteStream('c');
  await expect(numbers(client.readStream('c'))).rejects.toMatchObject({ type: 'stream-not-found' });
  await client.tombstoneStream('c');
  await expect(numbers(client.readStream('c'))).rejects.toMatchObject({ type: 'stream-deleted' });
});

test('subscribes to all streams by a prefix', async () => {
  await client.appendToStream('family-1', events(2));
  const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: ['family-'] }) });
  const seen: number[] = [];
  for await (const { event } of subscription) {
    seen.push((event?.data as { n: number } | undefined)?.n ?? -1);
    if (seen.length === 2) await client.appendToStream('family-2', events(1, 2));
    if (seen.length === 3) break;
  }
  expect(seen).toEqual([0, 1, 2]);
});
