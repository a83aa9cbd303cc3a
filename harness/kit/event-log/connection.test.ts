import { expect, test } from 'vitest';
import { connectTo } from './connection.ts';
import { memoryEventLog } from './memory.ts';

const event = { type: 'QuestionAsked', data: {} };

test('a hook holds an append, refuses one, or loses its answer', async () => {
  const log = memoryEventLog();
  let open = () => {};
  const barrier = new Promise<void>((resolve) => {
    open = resolve;
  });
  const refuse = () => {
    throw new Error('refused');
  };
  const worker = connectTo(log, {
    before: ({ n }) => (n === 1 ? barrier : n === 2 ? refuse() : undefined),
    after: ({ n }) => (n === 3 ? refuse() : undefined),
  });
  const held = worker.log.append('q-1', [event]);
  expect(await log.readAll()).toEqual([]);
  open();
  expect(await held).toEqual({ revision: 0 });
  await expect(worker.log.append('q-1', [event])).rejects.toThrow('refused');
  expect(await log.read('q-1')).toHaveLength(1);
  await expect(worker.log.append('q-1', [event])).rejects.toThrow('refused');
  expect(await log.read('q-1')).toHaveLength(2);
});

test('a killed process hears nothing any more, though its append may have been made', async () => {
  const log = memoryEventLog();
  const heard: string[] = [];
  const worker = connectTo(log, { after: () => worker.kill() });
  void worker.log.append('q-1', [event]).finally(() => heard.push('append'));
  void worker.log.read('q-1').finally(() => heard.push('read'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([]);
  expect(await log.read('q-1')).toHaveLength(1);
});
