import { readFileSync } from 'node:fs';
import { openGrader } from '../../grading/grader.ts';
import type { Limits } from '../../grading/limits.ts';
import type { Verdict } from '../../grading/verdict.ts';
import type { AuthoredAnswer } from './answers.ts';

const MARK = '// On an engine of its own: ';
const MOST_SEEDS = 5;

/** Starting an engine takes seconds, and nothing else happens in its thread meanwhile. */
const ENGINE_LIMITS: Limits = { silentMs: 120_000, leastBudgetMs: 120_000, memoryMb: 2048 };

/** Whether the answer's first line says that it starts an engine of its own. Learners' answers aren't asked. */
export const saysOwnEngine = (file: string): boolean => readFileSync(file, 'utf8').startsWith(MARK);

/**
 * Grades each on the first few seeds, one at a time and after all the others: beside an engine they would run out of
 * their own time.
 */
export async function gradeOnOwnEngines<T extends Pick<AuthoredAnswer, 'kata' | 'subject'>>(
  root: string,
  answers: readonly T[],
  seeds: readonly number[],
  onVerdict?: () => void,
): Promise<Map<T, Verdict>> {
  const verdicts = new Map<T, Verdict>();
  if (answers.length === 0) return verdicts;
  const grader = await openGrader({ root, limits: ENGINE_LIMITS });
  try {
    for (const answer of answers) {
      const { kata, subject } = answer;
      const request = { kata, subject, seeds: seeds.slice(0, MOST_SEEDS) };
      const [verdict] = await grader.grade([request], onVerdict);
      if (verdict) verdicts.set(answer, verdict);
    }
  } finally {
    await grader.close();
  }
  return verdicts;
}
