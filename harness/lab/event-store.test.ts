import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readLock } from '../kernel/shared-server/owner-lock.ts';
import { openEventStore } from '../kit/event-log/event-store.ts';
import { eventStoreFolder } from '../kit/event-log/store-client.ts';
import { ownLab } from '../kit/testing/own-lab.ts';
import { embeddedPlace } from '../store/embedded-place.ts';

ownLab();
const temporary = tmpdir();
const owner = () => readLock(eventStoreFolder())?.owner;
const stop = async () => {
  process.kill(owner()?.pid as number, 'SIGTERM');
  while (owner()?.released === false) await sleep(20);
};

const event = { type: 'QuestionAsked', data: {} };

test('when its process is killed what was asked fails, and the next gets another', async () => {
  const log = openEventStore();
  await log.append('q-1', [event]);
  const late = log.readAll();
  process.kill(owner()?.pid as number, 'SIGKILL');
  const outcome = await late.then(
    () => 'in time',
    (error: Error) => error.name,
  );
  expect(['in time', 'NoEventStore']).toContain(outcome);
  while ((await log.append('q-2', [event]).catch(() => undefined)) === undefined) await sleep(20);
  expect(await log.readAll()).toHaveLength(1);
  await stop();
  while (readdirSync(eventStoreFolder()).some((name) => name.startsWith('log-'))) await sleep(20);
});

test('ESDB_URL names another server', async () => {
  const place = await embeddedPlace(join(temporary, 'own'));
  process.env['ESDB_URL'] = place.url;
  try {
    const log = openEventStore();
    await log.append('q-1', [event], { expected: 'none' });
    await expect(log.append('q-1', [event], { expected: 'none' })).rejects.toMatchObject({ actual: 0 });
    expect(await log.readAll()).toHaveLength(1);
    await stop();
  } finally {
    delete process.env['ESDB_URL'];
    await place.release();
  }
});
