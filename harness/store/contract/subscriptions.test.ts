import { eventTypeFilter, type Position, streamNameFilter } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { contract, failureOf, numbered, numberOf, take, uniqueName } from './targets.ts';

type Resolved = { event?: { data: unknown } };

contract('subscribing', (client) => {
  test('a stream: first what is there, then what comes, each once and in order', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(300));
    const taking = take(client().subscribeToStream(stream), 600);
    for (let n = 300; n < 600; n += 50) await client().appendToStream(stream, numbered(50, 'Counted', n));
    expect((await taking).map(numberOf)).toEqual(Array.from({ length: 600 }, (_, i) => i));
  });

  test('a stream that is not there yet', async () => {
    const stream = uniqueName();
    const subscription = client().subscribeToStream(stream);
    const confirmed = new Promise((resolve) => subscription.once('confirmation', resolve as () => void));
    const taking = take(subscription, 2);
    await confirmed;
    await client().appendToStream(stream, numbered(2));
    expect((await taking).map(numberOf)).toEqual([0, 1]);
  });

  test('a stream after a revision, and after its end', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(4));
    expect((await take(client().subscribeToStream(stream, { fromRevision: 1n }), 2)).map(numberOf)).toEqual([2, 3]);
    const atEnd = client().subscribeToStream(stream, { fromRevision: 'end' });
    const confirmed = new Promise((resolve) => atEnd.once('confirmation', resolve as () => void));
    const taking = take(atEnd, 1);
    await confirmed;
    await client().appendToStream(stream, numbered(1, 'Counted', 4));
    expect((await taking).map(numberOf)).toEqual([4]);
  });

  test('says once that it has caught up, after what was there', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(3));
    const seen: string[] = [];
    const subscription = client().subscribeToStream(stream);
    subscription.on('caughtUp', () => seen.push('caught up'));
    subscription.on('data', (resolved: Resolved) => {
      seen.push(String(numberOf(resolved)));
    });
    await expect.poll(() => seen.length, { timeout: 5000 }).toBe(4);
    await client().appendToStream(stream, numbered(1, 'Counted', 3));
    await expect.poll(() => seen, { timeout: 5000 }).toEqual(['0', '1', '2', 'caught up', '3']);
    await subscription.unsubscribe();
  });

  test('ends when its stream gets a tombstone, and none begins after that', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(1));
    const failing = failureOf(take(client().subscribeToStream(stream), 2));
    await client().tombstoneStream(stream);
    expect((await failing).type).toBe('stream-deleted');
    expect((await failureOf(take(client().subscribeToStream(stream), 1))).type).toBe('stream-deleted');
  });

  test('all streams by a prefix of their names, those of the store itself left out', async () => {
    const prefix = uniqueName('family');
    const filter = streamNameFilter({ prefixes: [`${prefix}-`] });
    await client().appendToStream(`${prefix}-a`, numbered(1));
    await client().appendToStream(uniqueName('stranger'), numbered(1, 'Counted', 99));
    const taking = take(client().subscribeToAll({ filter }), 3);
    await client().appendToStream(`${prefix}-b`, numbered(2, 'Counted', 1));
    expect((await taking).map(numberOf)).toEqual([0, 1, 2]);
  });

  test('all streams by a pattern of their types', async () => {
    const type = `Sort${uniqueName().replaceAll('-', '')}`;
    await client().appendToStream(uniqueName(), [
      ...numbered(1, `${type}A`),
      ...numbered(1, 'Other', 9),
      ...numbered(1, `${type}B`, 1),
    ]);
    const taken = await take(client().subscribeToAll({ filter: eventTypeFilter({ regex: `^${type}[AB]$` }) }), 2);
    expect(taken.map(numberOf)).toEqual([0, 1]);
  });

  test('all streams after a position', async () => {
    const prefix = uniqueName('family');
    const { position } = await client().appendToStream(prefix, numbered(2));
    await client().appendToStream(prefix, numbered(2, 'Counted', 2));
    const options = { fromPosition: position as Position, filter: streamNameFilter({ prefixes: [prefix] }) };
    expect((await take(client().subscribeToAll(options), 2)).map(numberOf)).toEqual([2, 3]);
  });

  test('a filter says how far it has looked, and one may go on from there', async () => {
    const stream = uniqueName('quiet');
    await client().appendToStream(uniqueName('loud'), numbered(400));
    await client().appendToStream(stream, numbered(1));
    const checkpoints: Position[] = [];
    const filter = streamNameFilter({
      prefixes: [stream],
      maxSearchWindow: 32,
      checkpointInterval: 2,
      checkpointReached: (_, position) => {
        checkpoints.push(position);
      },
    });
    const [found] = await take(client().subscribeToAll({ filter }), 1);
    expect(checkpoints.length).toBeGreaterThanOrEqual(400 / 64 - 1);
    for (let i = 1; i < checkpoints.length; i += 1) {
      expect(checkpoints[i]?.commit).toBeGreaterThan(checkpoints[i - 1]?.commit ?? 0n);
    }
    const fromPosition = checkpoints.at(-1) as Position;
    const [again] = await take(
      client().subscribeToAll({ fromPosition, filter: streamNameFilter({ prefixes: [stream] }) }),
      1,
    );
    expect(again?.event?.position).toEqual(found?.event?.position);
  });

  test('a hundred subscribers all get all of it', async () => {
    const stream = uniqueName();
    const subscribers = Array.from({ length: 100 }, () => take(client().subscribeToStream(stream), 60));
    for (let n = 0; n < 60; n += 1) await client().appendToStream(stream, numbered(1, 'Counted', n));
    for (const taken of await Promise.all(subscribers)) {
      expect(taken.map(numberOf)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    }
  });

  test('a slow subscriber misses nothing and holds up nobody', async () => {
    const stream = uniqueName();
    const slow = client().subscribeToStream(stream);
    for (let n = 0; n < 3000; n += 500) await client().appendToStream(stream, numbered(500, 'Counted', n));
    const quick = await take(client().subscribeToStream(stream), 3000);
    expect(quick).toHaveLength(3000);
    expect((await take(slow, 3000)).map(numberOf)).toEqual(quick.map(numberOf));
  });
});
