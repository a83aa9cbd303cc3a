import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../kernel/shared-server/connect.ts';
import { endScene } from '../scene-end.ts';
import { ownLab } from '../testing/own-lab.ts';
import { virtually } from '../virtual-time.ts';
import { openBackEnd, send } from './back-end.ts';
import { openDatabase } from './database.ts';
import { passwordFile, postgresFolder } from './place.ts';
import { NoDatabase, startPostgres, withoutPassword } from './server.ts';

// A server that DATABASE_URL names: here an embedded one that is reached by TCP, by a user who is no superuser.

ownLab('a-name-that-is-too-long-for-a-socket'.repeat(3));
let url: string;
let release: () => void;

beforeAll(async () => {
  const folder = postgresFolder();
  const connection = await connect({ folder, command: startPostgres, name: 'Postgres', patience: 40_000 });
  release = connection.release;
  url = `postgres://kata:${readFileSync(passwordFile(folder), 'utf8')}@127.0.0.1:${connection.port}/kata`;
  process.env['DATABASE_URL'] = url;
}, 60_000);

afterAll(() => release());

const schema = 'CREATE TABLE jobs (id text PRIMARY KEY, holder text, made timestamptz NOT NULL DEFAULT now())';

test('scenes run on it, and leave nothing behind', async () => {
  for (let scene = 0; scene < 2; scene++) {
    await virtually({}, async (clock) => {
      const db = openDatabase({ schema });
      const [one, two] = [db.connect({ name: 'one' }), db.connect({ name: 'two' })];
      await clock.advance(5_000);
      await one.sql.query("INSERT INTO jobs (id) VALUES ('a')");
      expect((await db.query('SELECT * FROM jobs')).rows).toEqual([{ id: 'a', holder: null, made: new Date() }]);
      void one.sql.transaction(async (session) => {
        await session.query("UPDATE jobs SET holder = 'one'");
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });
      await clock.settle();
      const taken = two.sql.query("UPDATE jobs SET holder = 'two'");
      await clock.advance(1_000);
      await one.kill();
      expect(await taken).toMatchObject({ rowCount: 1 });
    });
    await endScene();
  }
  const look = await openBackEnd({ connectionString: url }, 'here');
  const { rows } = await send(look, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'kata%'");
  await look.client.end();
  expect(rows).toEqual([]);
});

test('a server that is not there is said in one line, without its password', async () => {
  await expect(
    openBackEnd(
      { connectionString: 'postgres://me:secret@127.0.0.1:1/kata' },
      withoutPassword('postgres://me:secret@127.0.0.1:1/kata'),
    ),
  ).rejects.toThrow(
    new NoDatabase(
      'postgres://me@127.0.0.1:1/kata can’t be reached (connect ECONNREFUSED 127.0.0.1:1)'.replace('’', "'"),
    ),
  );
});

test('where no connection is free, one is waited for', async () => {
  const keeper = await openBackEnd({ connectionString: url.replace('kata:', 'keeper:') }, 'here');
  const taken = await Promise.all([1, 2, 3, 4].map(() => openBackEnd({ connectionString: url }, 'here')));
  const { rows } = await send(keeper, "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'kata'");
  await send(keeper, `ALTER ROLE kata CONNECTION LIMIT ${rows[0].n}`);
  const late = openBackEnd({ connectionString: url }, 'here');
  await sleep(200);
  await Promise.all(taken.map(({ client }) => client.end()));
  await (await late).client.end();
  await send(keeper, 'ALTER ROLE kata CONNECTION LIMIT -1');
  await keeper.client.end();
});

test('a server that takes a connection and never answers is given up', async () => {
  const silent = createServer((socket) => void silent.once('close', () => socket.destroy()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const connection = openBackEnd({ host: '127.0.0.1', port, user: 'me' }, 'the server', 300);
  await expect(connection).rejects.toThrow("No Postgres: the server can't be reached (no answer for 0.3 s)");
  silent.close();
});
