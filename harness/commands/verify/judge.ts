import { relative } from 'node:path';
import type { Kata } from '../../catalogue/catalogue.ts';
import type { BehaviourResult, Verdict } from '../../grading/verdict.ts';
import type { Problem } from '../../kernel/problem.ts';
import type { KataRow } from '../../report/verify-lines.ts';
import type { AuthoredAnswer } from './answers.ts';

/** An answer and what its suite said of it. */
export interface Judged extends AuthoredAnswer {
  verdict: Verdict;
}

/** Holds the verdicts on one kata's answers to what they must be. Pure. */
export function judgeKata(root: string, kata: Kata, judged: readonly Judged[]): { row: KataRow; problems: Problem[] } {
  const of = (role: AuthoredAnswer['role']) => judged.filter((answer) => answer.role === role);
  const [starter, solution] = [of('starter')[0], of('solution')[0]];
  const row: KataRow = {
    id: kata.id,
    path: relative(root, kata.folder),
    starter: countsOf(starter?.verdict),
    solution: { ...countsOf(solution?.verdict), seeds: solution?.verdict.seeds.length ?? 0 },
    wrong: of('wrong').map(({ file, verdict }) => ({ file, ...rejectionOf(verdict) })),
    alsoRight: of('alsoRight').map(({ file, verdict }) => {
      return { file, accepted: verdict.verdict === 'pass', seeds: verdict.seeds.length };
    }),
    coverage: { lines: 0, branches: 0 },
  };
  const at = (file: string) => relative(root, `${kata.solutionFolder}/${file}`);
  return {
    row,
    problems: [
      ...(starter ? starterProblems(at(starter.file), starter.verdict) : []),
      ...[...(solution ? [solution] : []), ...of('alsoRight')].flatMap(({ file, verdict }) =>
        rightProblems(at(file), verdict),
      ),
      ...of('wrong').flatMap(({ file, verdict }) => wrongProblems(at(file), verdict)),
      ...(solution ? pointsProblems(root, kata, solution.verdict) : []),
    ],
  };
}

function countsOf(verdict: Verdict | undefined): { passed: number; failed: number } {
  const passed = verdict?.behaviours.filter((behaviour) => behaviour.passed).length ?? 0;
  return { passed, failed: (verdict?.behaviours.length ?? 0) - passed };
}

const firstRed = ({ behaviours }: Verdict) => behaviours.find(({ passed, skipped }) => !passed && !skipped);

function rejectionOf(verdict: Verdict): { rejected: boolean; by: string | null } {
  const red = firstRed(verdict);
  const rejected = verdict.verdict === 'fail' && red?.kind === 'rule';
  return { rejected, by: rejected ? red.id : null };
}

function starterProblems(file: string, verdict: Verdict): Problem[] {
  const remedy = 'The starter must break rules of the suite: its incident and its trade-off, by assertions.';
  if (verdict.error !== undefined) return [{ file, message: verdict.error, remedy }];
  const odd = verdict.behaviours.filter(({ passed, kind }) => !passed && kind !== 'rule');
  const kept = ['incident', 'trade-off'].filter((id) => !verdict.behaviours.some((b) => b.id === id && !b.passed));
  return [
    ...odd.map((behaviour) => ({ file, message: `does not break a rule: ${saidOf(behaviour)}`, remedy })),
    ...kept.map((id) => ({ file, message: `is not red on "${id}"`, remedy })),
  ];
}

function rightProblems(file: string, verdict: Verdict): Problem[] {
  const remedy = 'Mend the answer, or the rule that refuses a right one.';
  if (verdict.error !== undefined) return [{ file, message: verdict.error, remedy }];
  const red = verdict.behaviours.filter(({ passed }) => !passed);
  if (verdict.verdict === 'pass') return [];
  return red.map((behaviour) => ({ file, message: `is refused: ${saidOf(behaviour)}`, remedy }));
}

function wrongProblems(file: string, verdict: Verdict): Problem[] {
  if (rejectionOf(verdict).rejected) return [];
  if (verdict.verdict === 'pass') {
    const message = `is accepted on ${verdict.seeds.length} seeds`;
    return [{ file, message, remedy: 'Add the rule that it breaks, or drop it.' }];
  }
  const red = firstRed(verdict);
  const why = verdict.error ?? (red ? saidOf(red) : verdict.verdict);
  const remedy = 'A wrong answer must break a rule of the suite.';
  return [{ file, message: `is not rejected by a rule: ${why}`, remedy }];
}

function pointsProblems(root: string, kata: Kata, verdict: Verdict): Problem[] {
  if (verdict.behaviours.length === 0) return [];
  const file = relative(root, `${kata.folder}/kata.json`);
  const played = new Set(verdict.behaviours.map(({ id }) => id));
  const named = Object.keys(kata.points);
  return [
    ...[...played]
      .filter((id) => !named.includes(id))
      .map((id) => ({ file, message: `gives no points for "${id}"`, remedy: 'Add it to "points".' })),
    ...named
      .filter((id) => !played.has(id))
      .map((id) => ({
        file,
        message: `gives points for "${id}", which no test has`,
        remedy: 'Take it out of "points".',
      })),
  ];
}

function saidOf({ id, kind, message, seed }: BehaviourResult): string {
  const where = seed === null ? '' : seed === 'recorded' ? ' (as recorded)' : ` (seed ${seed})`;
  return `${kind ?? 'open'} on "${id}": ${message ?? 'not run'}${where}`;
}
