import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { virtually } from '../virtual-time.ts';
import { openEventStore } from './event-store.ts';
import { memoryEventLog } from './memory.ts';
import type { EventLog } from './port.ts';

const engines: [name: string, open: () => EventLog][] = [
  ['in memory', memoryEventLog],
  ['the event store', openEventStore],
];

const event = (type: string, data: object = {}) => ({ type, data });
const types = (events: { type: string }[]) => events.map(({ type }) => type);

describe.each(engines)('%s', (_, open) => {
  test('events come back as they were appended, in order, with their places', async () => {
    const log = open();
    const id = randomUUID();
    const asked = { id, type: 'QuestionAsked', data: { text: 'Où ?', tags: [1, null] }, metadata: { by: 'ada' } };
    expect(await log.append('q-1', [asked, event('AnswerDelivered')])).toEqual({ revision: 1 });
    const [first, second] = await log.read('q-1');
    expect(first).toEqual({ ...asked, stream: 'q-1', revision: 0, position: expect.any(Number) });
    expect(second).toMatchObject({ type: 'AnswerDelivered', revision: 1, data: {}, metadata: {} });
    expect(second?.position).toBeGreaterThan(first?.position ?? Infinity);
    expect(second?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a stream that is not there has no events', async () => {
    expect(await open().read('nobody')).toEqual([]);
    expect(await open().readAll()).toEqual([]);
  });

  test('an expected revision that is not the stream’s is refused, with both, and nothing is appended', async () => {
    const log = open();
    await log.append('q-1', [event('A'), event('B')], { expected: 'none' });
    for (const expected of ['none', 0, 7] as const) {
      await expect(log.append('q-1', [event('C')], { expected })).rejects.toMatchObject({
        code: 'WRONG_EXPECTED_REVISION',
        expected,
        actual: 1,
      });
    }
    await expect(log.append('q-2', [event('C')], { expected: 'exists' })).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
      expected: 'exists',
      actual: 'none',
    });
    expect(types(await log.readAll())).toEqual(['A', 'B']);
    expect(await log.append('q-1', [event('C')], { expected: 1 })).toEqual({ revision: 2 });
    expect(await log.append('q-1', [event('D')], { expected: 'exists' })).toEqual({ revision: 3 });
  });

  test('of a hundred appends at once that expect the same revision one is made', async () => {
    const log = open();
    const appends = Array.from({ length: 100 }, (_, n) => log.append('q-1', [event('A', { n })], { expected: 'none' }));
    const results = await Promise.allSettled(appends);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await log.read('q-1')).toHaveLength(1);
  });

  test('the same events at the same place are stored once', async () => {
    const log = open();
    const twice = [
      { ...event('A'), id: randomUUID() },
      { ...event('B'), id: randomUUID() },
    ];
    for (const expected of ['any', 'any', 'none'] as const) {
      expect(await log.append('q-1', twice, { expected })).toEqual({ revision: 1 });
    }
    await log.append('q-1', [event('C')]);
    expect(await log.append('q-1', twice)).toEqual({ revision: 1 });
    expect(types(await log.read('q-1'))).toEqual(['A', 'B', 'C']);
    const half = [twice[0] as (typeof twice)[0], event('D')];
    await expect(log.append('q-1', half, { expected: 'none' })).rejects.toMatchObject({ actual: 2 });
  });

  test('a stream is read from a revision on, as far as asked', async () => {
    const log = open();
    await log.append(
      'q-1',
      ['A', 'B', 'C', 'D'].map((type) => event(type)),
    );
    expect(types(await log.read('q-1', { from: 1, limit: 2 }))).toEqual(['B', 'C']);
    expect(types(await log.read('q-1', { from: 3 }))).toEqual(['D']);
    expect(await log.read('q-1', { from: 4 })).toEqual([]);
    expect(await log.read('q-1', { limit: 0 })).toEqual([]);
  });

  test('all events are read in the order of their appending, from a position on', async () => {
    const [log, other] = [open(), open()];
    await other.append('q-1', [event('X')]);
    await log.append('q-1', [event('A')]);
    await log.append('q-2', [event('B'), event('C')]);
    await other.append('q-2', [event('Y')]);
    await log.append('q-1', [event('D')]);
    const all = await log.readAll();
    expect(all.map(({ stream, type }) => `${stream} ${type}`)).toEqual(['q-1 A', 'q-2 B', 'q-2 C', 'q-1 D']);
    expect(types(await log.readAll({ after: all[1]?.position ?? 0 }))).toEqual(['C', 'D']);
    expect(types(await log.readAll({ after: all[0]?.position ?? 0, limit: 2 }))).toEqual(['B', 'C']);
    expect(await log.readAll({ after: all[3]?.position ?? 0 })).toEqual([]);
    expect(await log.readAll({ limit: 0 })).toEqual([]);
  });

  test('what is no append is refused before anything is done', async () => {
    const log = open();
    await expect(log.append('q-1', [])).rejects.toThrow(TypeError);
    await expect(log.append('', [event('A')])).rejects.toThrow(TypeError);
    await expect(log.append('q-1', [{ ...event('A'), id: '7' }])).rejects.toThrow(TypeError);
    expect(await log.readAll()).toEqual([]);
  });

  test('what is handed in or out may be changed by whoever has it', async () => {
    const log = open();
    const mine = event('A', { tags: ['x'] });
    await log.append('q-1', [mine]);
    (mine.data as { tags: string[] }).tags.push('y');
    const [read] = await log.read('q-1');
    (read as unknown as { data: { tags: string[] } }).data.tags.push('z');
    expect((await log.read('q-1'))[0]?.data).toEqual({ tags: ['x'] });
  });

  test('virtual time does not pass while it is asked', () =>
    virtually({}, async (clock) => {
      const log = open();
      const at: number[] = [];
      const work = async () => {
        for (let n = 0; n < 10; n++) {
          await log.append('q-1', [event('A', { n })]);
          at.push(clock.now());
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      const done = work();
      await clock.advance(60_000);
      await done;
      expect(at).toEqual(Array.from({ length: 10 }, (_, n) => n * 100));
    }));
});
