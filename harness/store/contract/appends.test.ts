import { randomUUID } from 'node:crypto';
import { binaryEvent, jsonEvent } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { contract, failureOf, numbered, numbersOf, uniqueName } from './targets.ts';

contract('appending', (client) => {
  test('revisions count from 0 and positions rise', async () => {
    const stream = uniqueName();
    const first = await client().appendToStream(stream, numbered(2), { expectedRevision: 'no_stream' });
    const second = await client().appendToStream(stream, numbered(1), { expectedRevision: 1n });
    expect([first.nextExpectedRevision, second.nextExpectedRevision]).toEqual([1n, 2n]);
    expect(second.position?.commit).toBeGreaterThan(first.position?.commit ?? 0n);
  });

  test('an event comes back as it was given: id, type, data, metadata, and when', async () => {
    const stream = uniqueName('Straße/łódź ');
    const before = Date.now();
    const event = jsonEvent({
      id: randomUUID(),
      type: 'Größe',
      data: { a: ['ü', null, 1.5] },
      metadata: { who: 'me' },
    });
    await client().appendToStream(stream, event);
    for await (const { event: read } of client().readStream(stream)) {
      const { id, type, data, metadata, streamId, isJson } = read ?? {};
      expect({ id, type, data, metadata }).toEqual({
        id: event.id,
        type: 'Größe',
        data: event.data,
        metadata: event.metadata,
      });
      expect([streamId, isJson]).toEqual([stream, true]);
      expect(Math.abs((read?.created.getTime() ?? 0) - before)).toBeLessThan(60_000);
    }
  });

  test('bytes come back as bytes', async () => {
    const stream = uniqueName();
    const data = Buffer.from([0, 255, 10, 13, 128]);
    await client().appendToStream(stream, binaryEvent({ type: 'Bytes', data, metadata: Buffer.from([1, 0]) }));
    for await (const { event } of client().readStream(stream)) {
      expect([event?.isJson, Buffer.from(event?.data as Uint8Array)]).toEqual([false, data]);
    }
  });

  test('no_stream is refused where there are events, with what is there', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(3));
    const failure = await failureOf(client().appendToStream(stream, numbered(1), { expectedRevision: 'no_stream' }));
    expect(failure).toMatchObject({ type: 'wrong-expected-version', actualVersion: 2n, expectedVersion: 'no_stream' });
  });

  test('a revision is refused that is behind or ahead', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(3));
    for (const expectedRevision of [0n, 7n]) {
      const failure = await failureOf(client().appendToStream(stream, numbered(1), { expectedRevision }));
      expect(failure).toMatchObject({
        type: 'wrong-expected-version',
        expectedVersion: expectedRevision,
        actualVersion: 2n,
      });
    }
    expect(await numbersOf(client().readStream(stream))).toEqual([0, 1, 2]);
  });

  test('a revision is refused where there is no stream', async () => {
    const failure = await failureOf(client().appendToStream(uniqueName(), numbered(1), { expectedRevision: 0n }));
    expect(failure).toMatchObject({ type: 'wrong-expected-version', actualVersion: 'no_stream' });
  });

  test('stream_exists wants events', async () => {
    const stream = uniqueName();
    const failure = await failureOf(
      client().appendToStream(stream, numbered(1), { expectedRevision: 'stream_exists' }),
    );
    expect(failure.type).toBe('wrong-expected-version');
    await client().appendToStream(stream, numbered(1));
    const appended = await client().appendToStream(stream, numbered(1), { expectedRevision: 'stream_exists' });
    expect(appended.nextExpectedRevision).toBe(1n);
  });

  test.each(['any', 'no_stream', 'stream_exists'] as const)(
    'the same events again, expecting %s, are stored once',
    async (how) => {
      const stream = uniqueName();
      if (how === 'stream_exists') await client().appendToStream(stream, numbered(1, 'Before'));
      const events = numbered(3);
      const first = await client().appendToStream(stream, events, { expectedRevision: how });
      const again = await client().appendToStream(stream, events, { expectedRevision: how });
      expect(again.nextExpectedRevision).toBe(first.nextExpectedRevision);
      const stored = await numbersOf(client().readStream(stream));
      expect(stored.slice(-3)).toEqual([0, 1, 2]);
      expect(stored).toHaveLength(how === 'stream_exists' ? 4 : 3);
    },
  );

  test('the same events again, expecting the revision before them, are stored once, also when more came after', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(2));
    const events = numbered(2, 'Counted', 2);
    await client().appendToStream(stream, events, { expectedRevision: 1n });
    await client().appendToStream(stream, numbered(1, 'Counted', 4));
    const again = await client().appendToStream(stream, events, { expectedRevision: 1n });
    expect(again.nextExpectedRevision).toBe(3n);
    expect(await numbersOf(client().readStream(stream))).toEqual([0, 1, 2, 3, 4]);
  });

  test('other events, expecting what was there before, are refused', async () => {
    const stream = uniqueName();
    const events = numbered(2);
    await client().appendToStream(stream, events, { expectedRevision: 'no_stream' });
    const partly = [events[0] as (typeof events)[0], ...numbered(1)];
    const failure = await failureOf(client().appendToStream(stream, partly, { expectedRevision: 'no_stream' }));
    expect(failure.type).toBe('wrong-expected-version');
  });

  test('an id is a matter of its stream', async () => {
    const [event] = numbered(1);
    const [one, other] = [uniqueName(), uniqueName()];
    await client().appendToStream(one, event as NonNullable<typeof event>);
    await client().appendToStream(other, event as NonNullable<typeof event>);
    expect(await numbersOf(client().readStream(other))).toEqual([0]);
  });

  test('of twenty writers that expect the same revision one gets it', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(1));
    const tries = Array.from({ length: 20 }, () =>
      failureOf(client().appendToStream(stream, numbered(1), { expectedRevision: 0n })),
    );
    const types = (await Promise.all(tries)).map(({ type }) => type);
    expect(types.filter((type) => type === 'none')).toHaveLength(1);
    expect(types.filter((type) => type === 'wrong-expected-version')).toHaveLength(19);
  });

  test('a thousand events in one append are all there, in order', async () => {
    const stream = uniqueName();
    await client().appendToStream(stream, numbered(1000));
    expect(await numbersOf(client().readStream(stream))).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('an event of 900 kB is taken, appends of more than 1 MiB are not', async () => {
    const stream = uniqueName();
    const large = (bytes: number) => jsonEvent({ type: 'Large', data: { text: 'x'.repeat(bytes) } });
    await client().appendToStream(stream, large(900_000));
    const failure = await failureOf(client().appendToStream(stream, [large(600_000), large(600_000)]));
    expect(failure).toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: 1024 * 1024 });
    for await (const { event } of client().readStream(stream)) {
      expect(event?.data).toEqual({ text: 'x'.repeat(900_000) });
    }
  });

  test('with credentials, which go another way, the same holds', async () => {
    const stream = uniqueName();
    const credentials = { username: 'admin', password: 'changeit' };
    const events = numbered(2);
    const first = await client().appendToStream(stream, events, { credentials, expectedRevision: 'no_stream' });
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 1n });
    await client().appendToStream(stream, events, { credentials, expectedRevision: 'no_stream' });
    const failure = await failureOf(
      client().appendToStream(stream, numbered(1), { credentials, expectedRevision: 5n }),
    );
    expect(failure).toMatchObject({ type: 'wrong-expected-version', expectedVersion: 5n, actualVersion: 1n });
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1_100_000) } });
    const tooLarge = await failureOf(client().appendToStream(stream, large, { credentials }));
    expect(tooLarge.type).toBe('maximum-append-size-exceeded');
    expect(await numbersOf(client().readStream(stream))).toEqual([0, 1]);
  });

  test('a deadline that has passed is said so', async () => {
    const failure = await failureOf(client().appendToStream(uniqueName(), numbered(1), { deadline: -1000 }));
    expect(failure.type).toBe('deadline-exceeded');
  });
});
