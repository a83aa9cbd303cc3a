import { binaryEvent } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { contract, failureOf, numbered, numbersOf, uniqueName } from './targets.ts';

contract('reading', (client) => {
  test('a stream forwards and backwards, from either end and from a revision, up to a count', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(6));
    const read = (options: Parameters<ReturnType<typeof client>['readStream']>[1]) =>
      numbersOf(client().readStream(stream, options));
    expect(await read({})).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await read({ maxCount: 2 })).toEqual([0, 1]);
    expect(await read({ fromRevision: 4n })).toEqual([4, 5]);
    expect(await read({ fromRevision: 9n })).toEqual([]);
    expect(await read({ direction: 'backwards', fromRevision: 'end' })).toEqual([5, 4, 3, 2, 1, 0]);
    expect(await read({ direction: 'backwards', fromRevision: 3n, maxCount: 2 })).toEqual([3, 2]);
    expect(await read({ direction: 'backwards', fromRevision: 'start' })).toEqual([0]);
    expect(await read({ direction: 'backwards', fromRevision: 99n, maxCount: 1 })).toEqual([5]);
  });

  test('a stream that is not there is not found, in both directions', async () => {
    for (const direction of ['forwards', 'backwards'] as const) {
      const failure = await failureOf(numbersOf(client().readStream(uniqueName(), { direction, fromRevision: 'end' })));
      expect(failure.type).toBe('stream-not-found');
    }
  });

  test('all events have one order, the same forwards and backwards', async () => {
    const [one, other] = [uniqueName(), uniqueName()];
    const first = await client().appendToStream(one, numbered(2));
    await client().appendToStream(other, numbered(2, 'Counted', 2));
    const last = await client().appendToStream(one, numbered(1, 'Counted', 4));
    if (!first.position || !last.position) throw new Error('An append has no position.');
    const mine = async (events: ReturnType<ReturnType<typeof client>['readAll']>) => {
      const numbers: number[] = [];
      for await (const { event } of events) {
        if (event && [one, other].includes(event.streamId)) numbers.push((event.data as { n: number }).n);
      }
      return numbers;
    };
    const backwards = { direction: 'backwards', fromPosition: 'end' } as const;
    expect(await mine(client().readAll())).toEqual([0, 1, 2, 3, 4]);
    expect(await mine(client().readAll(backwards))).toEqual([4, 3, 2, 1, 0]);
    // Forwards the position's own event comes along, backwards it doesn't.
    expect(await mine(client().readAll({ fromPosition: first.position }))).toEqual([1, 2, 3, 4]);
    expect(await mine(client().readAll({ ...backwards, fromPosition: last.position }))).toEqual([3, 2, 1, 0]);
  });

  test('there is nothing before the start and nothing behind the end', async () => {
    await client().appendToStream(uniqueName(), numbered(1));
    expect(await numbersOf(client().readAll({ direction: 'backwards', fromPosition: 'start' }))).toEqual([]);
    expect(await numbersOf(client().readAll({ direction: 'forwards', fromPosition: 'end' }))).toEqual([]);
  });

  test('an event says its position, and the append said the same', async () => {
    const stream = uniqueName();
    const { position } = await client().appendToStream(stream, numbered(1));
    for await (const { event, commitPosition } of client().readAll({
      direction: 'backwards',
      fromPosition: 'end',
      maxCount: 50,
    })) {
      if (event?.streamId !== stream) continue;
      expect(event.position).toEqual(position);
      expect(commitPosition).toBe(position?.commit);
    }
  });

  test('a link leads to its event, if asked to', async () => {
    const [stream, list] = [uniqueName(), uniqueName()];
    await client().appendToStream(stream, numbered(3));
    const links = [1, 9].map((revision) => binaryEvent({ type: '$>', data: Buffer.from(`${revision}@${stream}`) }));
    await client().appendToStream(list, links);
    const [raw] = await collect(client().readStream(list));
    expect(raw?.event?.type).toBe('$>');
    const [there, gone] = await collect(client().readStream(list, { resolveLinkTos: true }));
    expect([there?.event?.streamId, there?.event?.revision, there?.link?.streamId]).toEqual([stream, 1n, list]);
    expect([gone?.event, gone?.link?.revision]).toEqual([undefined, 1n]);
  });

  test('what was acknowledged can be read at once', async () => {
    const stream = uniqueName();
    for (let n = 0; n < 20; n += 1) {
      await client().appendToStream(stream, numbered(1, 'Counted', n));
      expect(
        await numbersOf(client().readStream(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 })),
      ).toEqual([n]);
    }
  });

  test('ten thousand events are read whole while others are written', async () => {
    const stream = uniqueName();
    for (let n = 0; n < 10_000; n += 1000) await client().appendToStream(stream, numbered(1000, 'Counted', n));
    const writing = Promise.all(Array.from({ length: 50 }, () => client().appendToStream(uniqueName(), numbered(1))));
    expect(await numbersOf(client().readStream(stream))).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    await writing;
  });

  test('a reader may go away in the middle', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2000));
    for await (const _ of client().readStream(stream)) break;
    expect(await numbersOf(client().readStream(stream, { maxCount: 1 }))).toEqual([0]);
  });
});

async function collect<E>(events: AsyncIterable<E>): Promise<E[]> {
  const all: E[] = [];
  for await (const event of events) all.push(event);
  return all;
}
