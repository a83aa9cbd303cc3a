import { afterAll, expect, test } from 'vitest';
import { readLock } from '../../kernel/shared-server/owner-lock.ts';
import { endScene } from '../scene-end.ts';
import { ownLab } from '../testing/own-lab.ts';
import { realTime, virtually } from '../virtual-time.ts';
import { openDatabase } from './database.ts';
import { postgresFolder } from './place.ts';
import { shared } from './this-thread.ts';

ownLab();
const supervisor = () => readLock(postgresFolder())?.owner.pid as number;

afterAll(() => {
  process.kill(supervisor(), 'SIGTERM');
});

const schema = 'CREATE TABLE jobs (id text PRIMARY KEY)';

test('when the server is killed its statements fail, and the next scene gets another server', async () => {
  await virtually({}, async (clock) => {
    const db = openDatabase({ schema });
    await db.query('SELECT 1');
    const held = db.connect({ name: 'worker' }).sql.transaction(async (session) => {
      await session.query('LOCK jobs');
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await session.query('SELECT 1');
    });
    await clock.settle();
    const waits = db.connect({ name: 'other' }).sql.query('SELECT * FROM jobs');
    const results = Promise.allSettled([held, waits]);
    await clock.settle();
    process.kill(supervisor(), 'SIGKILL');
    while (!(await shared.keeper)?.gone) await new Promise<void>((resolve) => realTime.setTimeout(resolve, 5));
    await clock.advance(5_000);
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
  await endScene();
  const db = openDatabase({ schema });
  expect((await db.query("INSERT INTO jobs VALUES ('a') RETURNING id")).rows).toEqual([{ id: 'a' }]);
  await endScene();
});
