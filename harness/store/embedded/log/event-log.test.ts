import { fdatasyncSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EventStore } from '../event-store.ts';
import { event, filesOf, temporaryFolder, textsOf } from '../testing/log-fixture.ts';
import type { Disk } from './event-log.ts';

/** A disk that can be told to fail, and counts. */
function faultyDisk() {
  const state = { syncs: 0, writeError: '', syncError: '', bytesLeft: Number.POSITIVE_INFINITY };
  const fail = (code: string) => {
    throw Object.assign(new Error(code), { code });
  };
  const disk: Disk = {
    write: (fd, bytes, from, length, position) => {
      if (state.writeError) fail(state.writeError);
      const some = Math.min(length, state.bytesLeft);
      if (some === 0) fail('ENOSPC');
      state.bytesLeft -= some;
      return writeSync(fd, bytes, from, some, position);
    },
    sync: async (fd) => {
      state.syncs += 1;
      await sleep(1);
      if (state.syncError) fail(state.syncError);
      fdatasyncSync(fd);
    },
  };
  return { state, disk };
}

test('an append is kept after fdatasync, and readers see it then and not before', async () => {
  const { state, disk } = faultyDisk();
  const store = new EventStore(temporaryFolder(), { disk });
  const appending = store.append('stream', [event('a')], 'any');
  expect([store.view('stream', 0).state, state.syncs]).toEqual(['missing', 0]);
  await appending;
  expect([store.view('stream', 0).state, state.syncs]).toEqual(['there', 1]);
});

test('appends that wait are made durable together', async () => {
  const { state, disk } = faultyDisk();
  const store = new EventStore(temporaryFolder(), { disk });
  await Promise.all(Array.from({ length: 500 }, (_, i) => store.append(`s-${i % 7}`, [event('a')], 'any')));
  expect(state.syncs).toBeLessThan(5);
});

test('on a full disk an append is refused in one line, what was there stays, and it goes on when there is space', async () => {
  const folder = temporaryFolder();
  const { state, disk } = faultyDisk();
  const store = new EventStore(folder, { disk });
  await store.append('stream', [event('a')], 'no_stream');
  const size = filesOf(folder)[0]?.bytes.length;
  state.bytesLeft = 50;
  const failing = store.append('stream', [event('b')], 0);
  // This one counted on the one before it.
  const next = store.append('stream', [event('c')], 1);
  await expect(failing).rejects.toThrow(/\.log: the disk is full \(ENOSPC\); the append was not stored\.$/);
  await expect(next).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(filesOf(folder)[0]?.bytes.length).toBe(size);
  state.bytesLeft = Number.POSITIVE_INFINITY;
  expect(await store.append('stream', [event('d')], 0)).toMatchObject({ kind: 'done', revision: 1, position: 2 });
  expect(textsOf(store)).toEqual(['a', 'd']);
  expect(textsOf(new EventStore(folder))).toEqual(['a', 'd']);
});

test('thousands of refused events leave nothing behind', async () => {
  const { state, disk } = faultyDisk();
  const store = new EventStore(temporaryFolder(), { disk });
  const kept = event('kept');
  await store.append('stream', [kept], 'any');
  state.writeError = 'EROFS';
  const events = Array.from({ length: 20 }, () => event('refused'));
  for (let i = 0; i < 250; i += 1) {
    await expect(store.append(`s-${i}`, events, 'any')).rejects.toThrow('read-only');
  }
  state.writeError = '';
  expect(await store.append('stream', [kept], 'any')).toMatchObject({ revision: 0, position: 1 });
  expect(await store.append('stream', [event('next')], 0)).toMatchObject({ revision: 1, position: 2 });
});

test('when fdatasync fails nothing is taken any more, and nothing is promised', async () => {
  const folder = temporaryFolder();
  const { state, disk } = faultyDisk();
  const store = new EventStore(folder, { disk });
  await store.append('stream', [event('a')], 'any');
  state.syncError = 'EIO';
  await expect(store.append('stream', [event('b')], 'any')).rejects.toThrow('the disk reports a fault (EIO)');
  state.syncError = '';
  await expect(store.append('stream', [event('c')], 'any')).rejects.toThrow('Start the store again to go on.');
  expect(textsOf(store)).toEqual(['a']);
  expect(textsOf(new EventStore(folder)).slice(0, 1)).toEqual(['a']);
});

test('metadata that could not be written do not count', async () => {
  const { state, disk } = faultyDisk();
  const store = new EventStore(temporaryFolder(), { disk });
  await store.append('stream', [event('a')], 'any');
  state.writeError = 'ENOSPC';
  await expect(store.delete('stream', 'any')).rejects.toMatchObject({ code: 'ENOSPC' });
  await expect(store.tombstone('stream', 'any')).rejects.toMatchObject({ code: 'ENOSPC' });
  state.writeError = '';
  expect(store.view('stream', 0).state).toBe('there');
  expect(await store.append('stream', [event('b')], 0)).toMatchObject({ revision: 1 });
});
