import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kata } from '../catalogue/catalogue.ts';
import { answer, kata, root } from './fixtures/kata-under-test.ts';
import { openGrader } from './grader.ts';

const here = join(import.meta.dirname, 'fixtures/on-servers');
const sqlKata: Kata = { ...kata, file: join(here, 'kata.ts'), suite: join(here, 'suite.ts') };

const readThenUpdate = `export const claimer = (sql: any, worker: string) => async () => {
  const { rows } = await sql.query('SELECT id FROM jobs WHERE holder IS NULL ORDER BY id LIMIT 1');
  await sql.query('UPDATE jobs SET holder = $1 WHERE id = $2', [worker, rows[0].id]);
  return rows[0].id;
};`;

test('answers on real servers are graded side by side, in threads that are used again', async () => {
  const grader = await openGrader({ root, columns: 3, reuseThreads: true });
  const subjects = [sqlKata.file, answer('read-then-update', readThenUpdate)];
  const order = [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  try {
    const requests = order.map((n) => ({ kata: sqlKata, subject: subjects[n] as string, seeds: [1, 2, 3, 4, 5] }));
    const verdicts = await grader.grade(requests);
    expect(verdicts.map(({ behaviours }) => behaviours.map(({ kind }) => kind))).toEqual(
      order.map((n) => (n === 0 ? [null, null] : ['rule', null])),
    );
    expect(verdicts[1]?.behaviours[0]?.message).toMatch(/^\d+ jobs were held twice/);
  } finally {
    await grader.close();
  }
});
