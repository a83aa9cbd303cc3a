import { expect, test } from 'vitest';
import { mayChangeSchema, whyRefused } from './refused.ts';

test.each([
  'SELECT CURRENT_TIMESTAMP',
  'SELECT localtime',
  "UPDATE jobs SET at = 'now'::timestamptz",
  "SELECT timestamptz 'today'",
  'SELECT pg_catalog.now()',
])('%s is refused, for it would tell the machine’s time', (text) => {
  expect(whyRefused(text)).toContain('write now()');
});

test.each([
  "SELECT 'current_timestamp' AS name",
  'SELECT now(), clock_timestamp() -- not CURRENT_DATE',
  "UPDATE jobs SET state = 'now'",
  'SELECT "current_date" FROM t',
])('%s is not refused', (text) => {
  expect(whyRefused(text)).toBeNull();
});

test('what waits for real is refused', () => {
  expect(whyRefused('SELECT pg_sleep(1)')).toContain('outside of the database');
});

test.each([
  ['CREATE INDEX ON jobs (id)', true],
  ['SELECT 1; alter table jobs add note text', true],
  ['DO $$ BEGIN DROP TABLE jobs; END $$', true],
  ['SELECT * INTO other FROM jobs', true],
  ['WITH x AS (INSERT INTO jobs VALUES (1) RETURNING *) SELECT * FROM x', false],
  ["INSERT INTO notes (comment) VALUES ('drop table')", false],
  ['-- create\n DELETE FROM jobs;', false],
  ['BEGIN ISOLATION LEVEL SERIALIZABLE', false],
])('%s may change the schema: %s', (text, may) => {
  expect(mayChangeSchema(text)).toBe(may);
});
