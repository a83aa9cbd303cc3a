import { afterEach, expect, test } from 'vitest';
import { endScene } from '../scene-end.ts';
import { openDatabase } from './database.ts';

afterEach(endScene);

const schema = `
  CREATE TABLE jobs (id text PRIMARY KEY, holder text, held_until timestamptz, made timestamptz NOT NULL DEFAULT now());
  CREATE TABLE answers (id bigserial PRIMARY KEY, job text REFERENCES jobs, body jsonb NOT NULL)`;

test('rows come back as Postgres has them', async () => {
  const db = openDatabase({ schema });
  const { sql } = db.connect({ name: 'worker' });
  await sql.query("INSERT INTO jobs (id) VALUES ('a'), ('b')");
  await sql.query('INSERT INTO answers (job, body) VALUES ($1, $2)', ['a', { text: 'Yes.' }]);
  expect(
    await sql.query("SELECT body, (SELECT count(*) FROM jobs) AS jobs, date '2026-03-03' AS day FROM answers"),
  ).toEqual({
    rows: [{ body: { text: 'Yes.' }, jobs: '2', day: '2026-03-03' }],
    rowCount: 1,
  });
  expect(await sql.query("UPDATE jobs SET holder = 'w'")).toEqual({ rows: [], rowCount: 2 });
  await expect(sql.query("INSERT INTO jobs (id) VALUES ('a')")).rejects.toMatchObject({
    code: '23505',
    constraint: 'jobs_pkey',
    detail: 'Key (id)=(a) already exists.',
  });
});

test('a schema is as new in each scene', async () => {
  for (let scene = 0; scene < 3; scene++) {
    const db = openDatabase({ schema });
    const { sql } = db.connect({ name: 'worker' });
    expect((await sql.query('SELECT * FROM jobs')).rows).toEqual([]);
    await sql.query("INSERT INTO jobs (id) VALUES ('a')");
    const { rows } = await sql.query("INSERT INTO answers (job, body) VALUES ('a', '{}') RETURNING id");
    expect(rows).toEqual([{ id: '1' }]);
    await endScene();
  }
});

test('transactions commit, roll back, and say so when they could not commit', async () => {
  const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
  expect(
    await sql.transaction(async (session) => (await session.query("INSERT INTO jobs (id) VALUES ('a')")).rowCount),
  ).toBe(1);
  const why = new Error('no');
  await expect(
    sql.transaction(async (session) => {
      await session.query("INSERT INTO jobs (id) VALUES ('b')");
      throw why;
    }),
  ).rejects.toBe(why);
  await expect(
    sql.transaction(async (session) => {
      await session.query("INSERT INTO jobs (id) VALUES ('c')");
      await session.query("INSERT INTO jobs (id) VALUES ('a')").catch(() => {});
    }),
  ).rejects.toMatchObject({ code: '25P02' });
  expect((await sql.query('SELECT id FROM jobs')).rows).toEqual([{ id: 'a' }]);
});

test('a hundred statements at once, and a hundred transactions that ask for another statement each', async () => {
  const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
  const hundred = Array.from({ length: 100 }, (_, n) => String(n));
  await Promise.all(hundred.map((id) => sql.query('INSERT INTO jobs (id) VALUES ($1)', [id])));
  const counts = await Promise.all(
    hundred.map((id) =>
      sql.transaction(async (session) => {
        await session.query('UPDATE jobs SET holder = $1 WHERE id = $1', [id]);
        return (await sql.query<{ n: number }>('SELECT count(*)::int AS n FROM jobs')).rows[0]?.n;
      }),
    ),
  );
  expect(new Set(counts)).toEqual(new Set([100]));
});

test('what has no place in a single statement, or would tell another time, is refused', async () => {
  const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
  await expect(sql.query('SELECT CURRENT_TIMESTAMP')).rejects.toThrow('write now()');
  await expect(sql.query('BEGIN')).rejects.toThrow('no transaction to control');
});

test('a schema that was changed is not used again', async () => {
  const one = openDatabase({ schema });
  await one.connect({ name: 'worker' }).sql.query('CREATE UNIQUE INDEX ON jobs (holder)');
  await endScene();
  const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
  expect(await sql.query("INSERT INTO jobs (id, holder) VALUES ('a', 'w'), ('b', 'w')")).toMatchObject({ rowCount: 2 });
});
