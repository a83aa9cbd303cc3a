import { type Problem, problemLine } from '../kernel/problem.ts';
import { inkOf, type Screen } from './screen.ts';
import { padEnd, padStart, paragraph, printable } from './text.ts';

/** What `verify` found of one kata; its JSON is this. */
export interface KataRow {
  id: string;
  path: string;
  starter: { passed: number; failed: number };
  solution: { passed: number; failed: number; seeds: number };
  wrong: { file: string; rejected: boolean; by: string | null }[];
  alsoRight: { file: string; accepted: boolean; seeds: number }[];
  /** Of the solution; shares in 0–1. */
  coverage: { lines: number; branches: number };
}

export interface GateRow {
  group: string;
  starter: 'red' | 'green';
  solution: 'red' | 'green';
  seeds: number;
}

/** The JSON of `verify`. */
export interface Verification {
  katas: KataRow[];
  gates: GateRow[];
  problems: Problem[];
}

/** A table that fits 80 columns, then each problem with its file and remedy. */
export function verifyLines({ katas, gates, problems }: Verification, notes: string[], screen: Screen): string[] {
  const ink = inkOf(screen);
  const percent = (share: number) => padStart(`${Math.round(share * 100)} %`, 6);
  const of = (good: number, all: number) => padStart(`${good}/${all}`, 7);
  const head = `${padEnd('kata', 6)}${['starter', 'solution', 'wrong', 'also right'].map((name) => padStart(name, 12)).join('')}  lines  branches`;
  const rows = katas.map((kata) => {
    const { starter, solution, wrong, alsoRight, coverage } = kata;
    return [
      padEnd(kata.id, 6),
      `  ${padStart(`${starter.failed} red`, 10)}`,
      `     ${of(solution.passed, solution.passed + solution.failed)}`,
      `     ${of(wrong.filter(({ rejected }) => rejected).length, wrong.length)}`,
      `     ${of(alsoRight.filter(({ accepted }) => accepted).length, alsoRight.length)}`,
      ` ${percent(coverage.lines)}    ${percent(coverage.branches)}`,
    ].join('');
  });
  const gateLines = gates.map(({ group, starter, solution, seeds }) => {
    return `gate of ${group}: starters ${starter}, solutions ${solution}, on ${seeds} seeds`;
  });
  const onFewer = katas.flatMap(({ id, solution, alsoRight }) =>
    alsoRight
      .filter(({ seeds }) => seeds < solution.seeds)
      .map(({ file, seeds }) => `${id} ${file}: an engine of its own, on ${seeds} of ${solution.seeds} seeds`),
  );
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [
    ...(katas.length > 0 ? [ink.strong(head), ...rows] : []),
    ...gateLines,
    ...onFewer,
    ...(notes.length > 0 ? ['', ...notes.flatMap((note) => paragraph(note, screen.columns, ''))] : []),
    '',
    ...problems.flatMap((problem) => paragraph(printable(problemLine(problem)), screen.columns, `${ink.bad('✗')} `)),
    problems.length === 0 ? ink.good('Clean.') : ink.bad(`${count}.`),
  ];
}
