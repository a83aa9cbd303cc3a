import { existsSync } from 'node:fs';
import type { Kata } from '../../catalogue/catalogue.ts';
import { openGrader } from '../../grading/grader.ts';

/** More seeds would hardly reach other lines, and measuring is slow. */
const MOST_SEEDS = 2;

/** Which shares of each solution its suite runs, by kata id. */
export async function coverageOfSolutions(root: string, katas: readonly Kata[], seeds: number[]) {
  const covered = new Map<string, { lines: number; branches: number }>();
  const solved = katas.filter(({ solution, suite }) => existsSync(solution) && existsSync(suite));
  if (solved.length === 0) return covered;
  const grader = await openGrader({ root, coverage: true });
  try {
    const requests = solved.map((kata) => ({ kata, subject: kata.solution, seeds: seeds.slice(0, MOST_SEEDS) }));
    for (const { id, coverage } of await grader.grade(requests)) if (coverage) covered.set(id, coverage);
  } finally {
    await grader.close();
  }
  return covered;
}
