import { expect, test } from 'vitest';
import type { Passage } from '#answerdesk/knowledge.ts';
import { tenants } from './library.ts';
import { qualityOf } from './measuring.ts';
import type { Ask, Claim } from './questions.ts';

const [tenant] = tenants as [(typeof tenants)[number]];
const passage = (n: number, start = 0, end = 100): Passage => ({
  ...{ id: `p${n}#${start}-${end}`, page: `p${n}`, start, end, headings: [], text: '', metadata: {} },
});
const claim = (n: number, grade: number): Claim => ({
  says: `${n}.`,
  grade,
  gold: [{ page: `p${n}`, start: 10, end: 20 }],
});
const asking = (...claims: Claim[]): Ask => ({
  ...{ id: 'a', question: 'a', class: 'paraphrase', text: '?', tenant, roles: [], claims, wrong: [], invents: '' },
});

// The example of the article "Discounted cumulative gain" in Wikipedia: grades 3, 2, 3, 0, 1, 2, and an ideal order of
// 3, 3, 2, 2, 1, 0: DCG 6.861, IDCG 7.141.
test("nDCG is that of Wikipedia's worked example", () => {
  const grades = [3, 2, 3, 0, 1, 2];
  const claims = grades.flatMap((grade, n) => (grade > 0 ? [claim(n, grade)] : []));
  const { ndcg } = qualityOf({ ask: asking(...claims), passages: grades.map((_, n) => passage(n)) });
  expect(ndcg).toBeCloseTo(6.861 / 7.141, 3);
});

test('recall is the share of claims, and the reciprocal rank that of the first passage which proves one', () => {
  const ask = asking(claim(1, 2), claim(2, 2));
  const found = qualityOf({ ask, passages: [passage(7), passage(8), passage(2)] });
  expect(found).toMatchObject({ recall: 0.5, reciprocalRank: 1 / 3 });
  expect(qualityOf({ ask, passages: [] })).toEqual({ recall: 0, ndcg: 0, reciprocalRank: 0 });
});

test('what stands twice counts once, and what stands past the tenth place counts for the reciprocal rank only', () => {
  const ask = asking(claim(1, 2));
  expect(qualityOf({ ask, passages: [passage(1), passage(1, 5, 90)] }).ndcg).toBe(1);
  const late = qualityOf({ ask, passages: [...Array.from({ length: 10 }, (_, n) => passage(n + 20)), passage(1)] });
  expect(late).toMatchObject({ recall: 0, ndcg: 0, reciprocalRank: 1 / 11 });
});

test('a passage that holds half of the proof proves nothing, nor does one that holds it too far down', () => {
  const ask = asking(claim(1, 2));
  expect(qualityOf({ ask, passages: [passage(1, 0, 15)] }).recall).toBe(0);
  const deep: Claim = { says: '.', grade: 2, gold: [{ page: 'p1', start: 5_000, end: 5_010 }] };
  expect(qualityOf({ ask: asking(deep), passages: [passage(1, 0, 60_000)] }).recall).toBe(0);
});
