import { expect, test } from 'vitest';
import { contract, failureOf, numbered, numberOf, numbersOf, uniqueName } from './targets.ts';

contract('deleting', (client) => {
  test('a deleted stream is not found, and its events are still among all events', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2));
    await client().deleteStream(stream);
    expect((await failureOf(numbersOf(client().readStream(stream)))).type).toBe('stream-not-found');
    const newest = client().readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 100 });
    const numbers: number[] = [];
    for await (const resolved of newest) if (resolved.event?.streamId === stream) numbers.push(numberOf(resolved));
    expect(numbers).toEqual([1, 0]);
  });

  test('a deleted stream may be written to again, and its revisions go on', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(3));
    await client().deleteStream(stream, { expectedRevision: 2n });
    const again = await client().appendToStream(stream, numbered(2, 'Counted', 3), { expectedRevision: 'no_stream' });
    expect(again.nextExpectedRevision).toBe(4n);
    expect(await numbersOf(client().readStream(stream))).toEqual([3, 4]);
    expect(await numbersOf(client().readStream(stream, { direction: 'backwards', fromRevision: 'end' }))).toEqual([
      4, 3,
    ]);
  });

  test('a deleted stream may be written to at its last revision', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(3));
    await client().deleteStream(stream);
    const again = await client().appendToStream(stream, numbered(1, 'Counted', 3), { expectedRevision: 2n });
    expect(again.nextExpectedRevision).toBe(3n);
    expect(await numbersOf(client().readStream(stream))).toEqual([3]);
  });

  test.each(['deleteStream', 'tombstoneStream'] as const)('%s expects a revision', async (how) => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2));
    const failure = await failureOf(client()[how](stream, { expectedRevision: 7n }));
    expect(failure).toMatchObject({
      type: 'wrong-expected-version',
      streamName: stream,
      expectedVersion: 7n,
      actualVersion: 1n,
    });
    const none = await failureOf(client()[how](stream, { expectedRevision: 'no_stream' }));
    expect(none.type).toBe('wrong-expected-version');
    expect((await client()[how](stream, { expectedRevision: 1n })).position?.commit).toBeGreaterThan(0n);
  });

  test('a tombstone ends a stream for good: reads, appends, deletes and tombstones are refused', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2));
    await client().tombstoneStream(stream);
    const refused = await Promise.all([
      failureOf(numbersOf(client().readStream(stream))),
      failureOf(client().appendToStream(stream, numbered(1))),
      failureOf(client().appendToStream(stream, numbered(1), { expectedRevision: 'no_stream' })),
      failureOf(client().deleteStream(stream)),
      failureOf(client().tombstoneStream(stream)),
    ]);
    expect(refused.map(({ type }) => type)).toEqual(Array.from({ length: 5 }, () => 'stream-deleted'));
    expect(refused[1]?.['streamName']).toBe(stream);
  });

  test('a stream that never was can have a tombstone', async () => {
    const stream = uniqueName();
    await client().tombstoneStream(stream, { expectedRevision: 'no_stream' });
    expect((await failureOf(numbersOf(client().readStream(stream)))).type).toBe('stream-deleted');
  });

  test('a deleted stream can have a tombstone', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(1));
    await client().deleteStream(stream);
    await client().tombstoneStream(stream);
    expect((await failureOf(numbersOf(client().readStream(stream)))).type).toBe('stream-deleted');
  });
});
