import { expect, test } from 'vitest';
import { damageChange, damageLines } from './damage.ts';
import { assessment, event, narrow, objective } from './fixtures.ts';
import { worstMoments } from './worst-moments.ts';

const recorded = assessment(
  objective('answered or accepted, p99', 30_000, false, { unit: 'ms', limit: '≤ 300 ms', evidence: [7, 3] }),
  objective('hung requests', 174, false, { evidence: [5, 3, 9] }),
  objective('accepted questions lost', 0, true),
);

test('the damage shows each figure as recorded and now, its limit, and in words whether it is met', () => {
  const now = assessment(
    objective('answered or accepted, p99', 280, true, { unit: 'ms', limit: '≤ 300 ms' }),
    objective('hung requests', 12, false),
    objective('accepted questions lost', 0, true),
  );
  expect(damageLines({ recorded, now }, narrow)).toEqual([
    '                               recorded     now  limit',
    '  ✓ answered or accepted, p99    30.0 s  280 ms  ≤ 300 ms  met',
    '  ✗ hung requests                   174      12  none      not met',
    '  ✓ accepted questions lost           0       0  none      met',
  ]);
});

test('a floor reads as one, and a share keeps its decimals', () => {
  const floor = (value: number) =>
    assessment(objective('recall@10, paraphrases', value, value >= 0.6, { unit: '', limit: '≥ 0.60' }));
  expect(damageLines({ recorded: floor(0.21), now: floor(0.598) }, narrow)).toEqual([
    '                            recorded    now  limit',
    '  ✗ recall@10, paraphrases      0.21  0.598  ≥ 0.60  not met',
  ]);
  expect(damageChange(floor(0.612), floor(0.598))).toEqual([
    '1 of 1 objectives met',
    '✓ recall@10, paraphrases: 0.598 → 0.612',
  ]);
});

test('no line of the damage is wider than the screen', () => {
  const now = assessment(
    objective('a name that goes on and on '.repeat(5).trim(), 1, false, { limit: '≤ 120 s after recovery' }),
  );
  for (const line of damageLines({ recorded: now, now }, narrow)) expect(line.length).toBeLessThanOrEqual(80);
});

test('a save says how many objectives are met and which figures moved', () => {
  const now = assessment(
    objective('answered or accepted, p99', 280, true, { unit: 'ms' }),
    objective('hung requests', 174, false),
    objective('accepted questions lost', 0, true),
  );
  expect(damageChange(now, recorded)).toEqual([
    '2 of 3 objectives met',
    '✓ answered or accepted, p99: 30.0 s → 280 ms',
  ]);
  expect(damageChange(now, now)).toEqual(['2 of 3 objectives met, no figure moved']);
  expect(damageChange(now, undefined)).toEqual(['2 of 3 objectives met']);
});

test('the worst moments are the worst evidence of each missed objective, once each, as they happened', () => {
  const history = [3, 5, 7, 9].map((id) => event(id, 'QuestionHung', id));
  expect(worstMoments(history, recorded, 3).map(({ event }) => event.id)).toEqual([3, 5, 7]);
  expect(worstMoments(history, recorded, 9).map(({ event }) => event.id)).toEqual([3, 5, 7, 9]);
});

test('a resolved incident has no worst moments', () => {
  expect(worstMoments([event(1, 'QuestionAsked', 0)], assessment(objective('hung requests', 0, true)))).toEqual([]);
});
