import { afterEach, expect, test } from 'vitest';
import { endScene } from '../scene-end.ts';
import { virtually } from '../virtual-time.ts';
import { openDatabase } from './database.ts';

afterEach(endScene);

const schema = `
  CREATE TABLE jobs (id text PRIMARY KEY, holder text, held_until timestamptz, made timestamptz NOT NULL DEFAULT now());
  CREATE TABLE answers (id bigserial PRIMARY KEY, job text REFERENCES jobs, body jsonb NOT NULL)`;

test('now() is the scene’s time, and in a transaction the time of its beginning', () =>
  virtually({ startAt: Date.UTC(2026, 2, 3, 9, 41) }, async (clock) => {
    const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
    const now = async (port: Pick<typeof sql, 'query'> = sql) =>
      (await port.query<{ now: Date }>('SELECT now()')).rows[0]?.now.toISOString();
    expect(await now()).toBe('2026-03-03T09:41:00.000Z');
    await clock.advance(90_500);
    expect(await now()).toBe('2026-03-03T09:42:30.500Z');
    await sql.query("INSERT INTO jobs (id) VALUES ('a')");
    expect((await sql.query('SELECT made FROM jobs')).rows).toEqual([{ made: new Date() }]);
    await sql.transaction(async (session) => {
      expect(await now(session)).toBe('2026-03-03T09:42:30.500Z');
      await clock.advance(10_000);
      expect(await now(session)).toBe('2026-03-03T09:42:30.500Z');
      const { rows } = await session.query('SELECT clock_timestamp() AS at');
      expect(rows).toEqual([{ at: new Date() }]);
    });
    expect(await now()).toBe('2026-03-03T09:42:40.500Z');
  }));

test('the database’s clock can be moved against that of the processes', () =>
  virtually({ startAt: Date.UTC(2026, 2, 3, 9, 41) }, async (clock) => {
    const db = openDatabase({ schema });
    db.moveClock(-90_000);
    await db.query("INSERT INTO jobs (id) VALUES ('a')");
    expect((await db.query('SELECT made FROM jobs')).rows).toEqual([{ made: new Date(Date.now() - 90_000) }]);
    await clock.advance(1_000);
    db.moveClock(0);
    const { rows } = await db.connect({ name: 'worker' }).sql.transaction((session) => session.query('SELECT now()'));
    expect(rows).toEqual([{ now: new Date(Date.UTC(2026, 2, 3, 9, 41, 1)) }]);
  }));

test('time does not pass while a statement is under way', () =>
  virtually({}, async (clock) => {
    const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
    const at: number[] = [];
    const work = async () => {
      for (let n = 0; n < 50; n++) {
        await sql.query('SELECT count(*) FROM generate_series(1, 20000)');
        at.push(clock.now());
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const done = work();
    await clock.advance(60_000);
    await done;
    expect(at).toEqual(Array.from({ length: 50 }, (_, n) => n * 100));
  }));

test('time passes for a lock that is held until later', () =>
  virtually({}, async (clock) => {
    const db = openDatabase({ schema });
    const [one, two] = [db.connect({ name: 'one' }), db.connect({ name: 'two' })];
    await one.sql.query("INSERT INTO jobs (id) VALUES ('a')");
    const held = one.sql.transaction(async (session) => {
      await session.query("UPDATE jobs SET holder = 'one'");
      await new Promise((resolve) => setTimeout(resolve, 30_000));
    });
    await clock.settle();
    let waited = -1;
    const waits = two.sql.query("UPDATE jobs SET holder = 'two'").then(() => {
      waited = clock.now();
    });
    await clock.advance(60_000);
    await Promise.all([held, waits]);
    expect(waited).toBe(30_000);
  }));

test('those who wait for one lock get it one after another, at the moment it is let go', () =>
  virtually({}, async (clock) => {
    const db = openDatabase({ schema });
    await db.query("INSERT INTO jobs (id) VALUES ('a')");
    const at: number[] = [];
    const workers = Array.from({ length: 6 }, (_, n) =>
      db.connect({ name: `worker ${n}` }).sql.transaction(async (session) => {
        await session.query("UPDATE jobs SET holder = $1 WHERE id = 'a'", [n]);
        at.push(clock.now());
        await new Promise((resolve) => setTimeout(resolve, 10_000));
      }),
    );
    await clock.advance(120_000);
    await Promise.all(workers);
    expect(at).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000]);
  }));

test('a killed worker leaves no locks and hears nothing any more', () =>
  virtually({}, async (clock) => {
    const db = openDatabase({ schema });
    const [one, two] = [db.connect({ name: 'one' }), db.connect({ name: 'two' })];
    await db.query("INSERT INTO jobs (id) VALUES ('a')");
    const heard: string[] = [];
    void one.sql
      .transaction(async (session) => {
        await session.query("UPDATE jobs SET holder = 'one'");
        await session.query('SELECT 1');
        await new Promise((resolve) => setTimeout(resolve, 30_000));
        await session.query('SELECT 2');
      })
      .then(
        () => heard.push('committed'),
        () => heard.push('failed'),
      );
    await clock.settle();
    const taken = two.sql.query("UPDATE jobs SET holder = 'two'");
    await clock.advance(1_000);
    await one.kill();
    await taken;
    void one.sql.query('SELECT 3').finally(() => heard.push('query'));
    await clock.advance(60_000);
    expect(heard).toEqual([]);
    expect((await db.query('SELECT holder FROM jobs')).rows).toEqual([{ holder: 'two' }]);
  }));

test('two workers that wait for each other: one is told of the deadlock, and no time passes', () =>
  virtually({}, async (clock) => {
    const db = openDatabase({ schema });
    await db.query("INSERT INTO jobs (id) VALUES ('a'), ('b')");
    const update = (name: string, first: string, second: string) =>
      db.connect({ name }).sql.transaction(async (session) => {
        await session.query('UPDATE jobs SET holder = $1 WHERE id = $2', [name, first]);
        await new Promise((resolve) => setTimeout(resolve, 10));
        await session.query('UPDATE jobs SET holder = $1 WHERE id = $2', [name, second]);
        return clock.now();
      });
    const both = Promise.allSettled([update('one', 'a', 'b'), update('two', 'b', 'a')]);
    await clock.advance(60_000);
    const results = await both;
    const failed = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(failed.reason).toMatchObject({ code: '40P01' });
    expect(results.find(({ status }) => status === 'fulfilled')).toMatchObject({ value: 10 });
  }));

test('hooks hold a statement, lose an answer, or kill', () =>
  virtually({}, async (clock) => {
    const db = openDatabase({ schema });
    const seen: string[] = [];
    let open = () => {};
    const barrier = new Promise<void>((resolve) => {
      open = resolve;
    });
    const worker = db.connect({
      name: 'worker',
      before: ({ text, n }) => {
        seen.push(`${n} ${text}`);
        return n === 1 ? barrier : undefined;
      },
      after: ({ text }) => {
        if (text === 'COMMIT') throw new Error('the connection was lost');
        return undefined;
      },
    });
    const first = worker.sql.query("INSERT INTO jobs (id) VALUES ('a')");
    await clock.advance(5_000);
    expect((await db.query('SELECT id FROM jobs')).rows).toEqual([]);
    open();
    await first;
    await expect(
      worker.sql.transaction((session) => session.query("INSERT INTO jobs (id) VALUES ('b')")),
    ).rejects.toThrow('the connection was lost');
    expect((await db.query('SELECT id FROM jobs')).rows).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(seen.map((line) => line.slice(0, 8))).toEqual(['1 INSERT', '2 BEGIN', '3 INSERT', '4 COMMIT']);
    expect(db.statements.map(({ connection, n }) => `${connection} ${n}`)).toEqual(
      [1, 2, 3, 4].map((n) => `worker ${n}`),
    );
  }));

test('an advisory lock is held against the scene, and against no other', () =>
  virtually({}, async (clock) => {
    const [db, other] = [openDatabase({ schema }), openDatabase({ schema })];
    const lock = 'SELECT pg_advisory_xact_lock(7)';
    let taken = -1;
    void db.connect({ name: 'one' }).sql.transaction(async (session) => {
      await session.query(lock);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    });
    await clock.settle();
    void db
      .connect({ name: 'two' })
      .sql.transaction((session) => session.query(lock))
      .then(() => {
        taken = clock.now();
      });
    await other.connect({ name: 'elsewhere' }).sql.transaction((session) => session.query(lock));
    expect(clock.now()).toBe(0);
    await clock.advance(10_000);
    expect(taken).toBe(5_000);
  }));

test('a scene that waits for a lock for ever says so', async () => {
  const scene = virtually({}, async () => {
    const db = openDatabase({ schema });
    const hold = db.connect({ name: 'one' }).sql.transaction(async (session) => {
      await session.query('LOCK jobs');
      await db.connect({ name: 'two' }).sql.query('SELECT * FROM jobs');
    });
    await hold;
  });
  await expect(scene).rejects.toThrow(/never settled.*; still under way: two waits for a lock: SELECT \* FROM jobs$/);
});
