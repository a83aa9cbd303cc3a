import { expect, test } from 'vitest';
import { readLock } from '../kernel/shared-server/owner-lock.ts';
import { AppendTooLarge, WrongExpectedRevision } from './store-errors.ts';
import type { Position, StoredEvent } from './store-port.ts';
import { collect, open, temporaryFolder } from './testing/open-fixture.ts';

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
