import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { contract, failureOf, numbered, numbersOf, uniqueName } from './targets.ts';

contract('metadata and truncation', (client) => {
  test('a stream has none at first, and later what was set last', async () => {
    const stream = uniqueName();
    expect(await client().getStreamMetadata(stream)).toEqual({ streamName: stream });
    await client().setStreamMetadata(stream, { maxCount: 5, owner: 'someone' } as never);
    await client().setStreamMetadata(stream, { maxCount: 7 } as never, { expectedRevision: 0n });
    expect((await client().getStreamMetadata(stream)).metadata).toEqual({ maxCount: 7 });
  });

  test('metadata expect a revision of their own', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(3));
    const failure = await failureOf(client().setStreamMetadata(stream, { maxCount: 1 }, { expectedRevision: 2n }));
    expect(failure.type).toBe('wrong-expected-version');
  });

  test('$maxCount leaves the newest', async () => {
    const stream = uniqueName();
    await client().setStreamMetadata(stream, { maxCount: 2 });
    await client().appendToStream(stream, numbered(5));
    expect(await numbersOf(client().readStream(stream))).toEqual([3, 4]);
    expect(await numbersOf(client().readStream(stream, { direction: 'backwards', fromRevision: 'end' }))).toEqual([
      4, 3,
    ]);
    await client().appendToStream(stream, numbered(1, 'Counted', 5));
    expect(await numbersOf(client().readStream(stream, { fromRevision: 0n }))).toEqual([4, 5]);
  });

  test('$tb leaves what comes from there on', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(5));
    await client().setStreamMetadata(stream, { truncateBefore: 3 });
    expect(await numbersOf(client().readStream(stream))).toEqual([3, 4]);
    expect(await numbersOf(client().readStream(stream, { direction: 'backwards', fromRevision: 'end' }))).toEqual([
      4, 3,
    ]);
    await client().setStreamMetadata(stream, { truncateBefore: 1 });
    expect(await numbersOf(client().readStream(stream))).toEqual([1, 2, 3, 4]);
  });

  test('$maxAge leaves the young', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2));
    await client().setStreamMetadata(stream, { maxAge: 1 });
    await sleep(1100);
    await client().appendToStream(stream, numbered(1, 'Counted', 2));
    expect(await numbersOf(client().readStream(stream))).toEqual([2]);
    expect(await numbersOf(client().readStream(stream, { direction: 'backwards', fromRevision: 'end' }))).toEqual([2]);
  });

  test('truncated revisions are still counted', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(5));
    await client().setStreamMetadata(stream, { maxCount: 1 });
    const { nextExpectedRevision } = await client().appendToStream(stream, numbered(1, 'Counted', 5), {
      expectedRevision: 4n,
    });
    expect(nextExpectedRevision).toBe(5n);
  });

  test('deleting keeps what else the metadata say', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2));
    await client().setStreamMetadata(stream, { maxCount: 10 });
    await client().deleteStream(stream);
    await client().appendToStream(stream, numbered(1, 'Counted', 2));
    expect((await client().getStreamMetadata(stream)).metadata).toMatchObject({ maxCount: 10, truncateBefore: 2 });
  });

  test('the metadata of a stream with a tombstone are gone with it', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(1));
    await client().setStreamMetadata(stream, { maxCount: 1 });
    await client().tombstoneStream(stream);
    expect((await failureOf(client().getStreamMetadata(stream))).type).toBe('stream-deleted');
    expect((await failureOf(client().setStreamMetadata(stream, {}))).type).toBe('stream-deleted');
  });
});
