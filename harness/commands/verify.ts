import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Catalogue, Kata } from '../catalogue/catalogue.ts';
import { digestsFile, digestsText } from '../catalogue/digests.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { type Selection, select } from '../catalogue/select.ts';
import { openGrader } from '../grading/grader.ts';
import type { Problem } from '../kernel/problem.ts';
import { type Verification, verifyLines } from '../report/verify-lines.ts';
import { gradingSeeds } from './seeds.ts';
import type { Terminal } from './terminal.ts';
import { untilAborted } from './until.ts';
import { answersTo } from './verify/answers.ts';
import { coverageOfSolutions } from './verify/coverage-of-solutions.ts';
import { gradeAnswers } from './verify/grade-answers.ts';
import { checkGroupFiles, checkKataFiles, checkVocabulary, longPages } from './verify/paper-checks.ts';

export interface VerifyCommand {
  names: readonly string[];
  seeds?: number | undefined;
  json: boolean;
  writeDigests: boolean;
}

/** The author's check of katas and groups. Resolves to 0 where it finds no problem. */
export async function verify(root: string, command: VerifyCommand, terminal: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const selection = select(catalogue, command.names.length === 0 ? ['all'] : command.names);
  if (command.writeDigests) writeFileSync(digestsFile(root), digestsText(catalogue));
  const scratch = mkdtempSync(join(tmpdir(), 'kata-verify-'));
  try {
    const found = await untilAborted(verifySelection(catalogue, selection, gradingSeeds(command), scratch), terminal);
    const { print, screen } = terminal;
    const notes = longPages(root, selection.katas);
    print(command.json ? [JSON.stringify(found)] : verifyLines(found, notes, screen));
    return found.problems.length === 0 ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function verifySelection(
  catalogue: Catalogue,
  selection: Selection,
  seeds: number[],
  scratch: string,
): Promise<Verification> {
  const { root } = catalogue;
  const authored = selection.katas.map((kata) => ({ kata, ...answersTo(kata, root, scratch) }));
  const onPaper = [
    ...catalogue.problems.filter(({ file }) => concerns(root, selection, file)),
    ...selection.groups.flatMap((group) => checkGroupFiles(root, group)),
    ...authored.flatMap(({ kata, answers, problems }) => [...problems, ...checkKataFiles(root, kata, answers)]),
    ...(await checkVocabulary(root, selection)),
    ...digestProblems(catalogue, selection),
  ];
  const columns = Math.max(3, ...authored.map(({ answers }) => answers.length + 1));
  const grader = await openGrader({ root, columns, reuseThreads: true });
  const graded = await gradeAnswers({ catalogue, selection, seeds, scratch, grader, authored }).finally(() =>
    grader.close(),
  );
  const coverage = await coverageOfSolutions(root, selection.katas, seeds);
  return {
    katas: graded.katas.map((row) => ({ ...row, coverage: coverage.get(row.id) ?? row.coverage })),
    gates: graded.gates,
    problems: [...onPaper, ...graded.problems],
  };
}

function concerns(root: string, { groups, katas }: Selection, file: string): boolean {
  return [...groups, ...katas].some(({ folder }) => file.startsWith(`${relative(root, folder)}/`));
}

function digestProblems(catalogue: Catalogue, selection: Selection): Problem[] {
  const file = relative(catalogue.root, digestsFile(catalogue.root));
  const remedy = "'kata verify --write-digests' notes what is there now.";
  if (!existsSync(digestsFile(catalogue.root))) return [{ file, message: 'is missing', remedy }];
  const committed = linesOf(readFileSync(digestsFile(catalogue.root), 'utf8'));
  const present = linesOf(digestsText(catalogue));
  const stale = [...present].filter(([path, line]) => committed.get(path) !== line).map(([path]) => path);
  return stale
    .filter((path) => concerns(catalogue.root, selection, path) || isOurs(catalogue.root, selection.katas, path))
    .map((path) => ({ file, message: `does not know ${path} as it is`, remedy }));
}

function isOurs(root: string, katas: readonly Kata[], path: string): boolean {
  return katas.some(({ solutionFolder }) => path.startsWith(`${relative(root, solutionFolder)}/`));
}

const linesOf = (text: string) =>
  new Map(text.split('\n').map((line) => [line.split('"')[1] ?? '', line.replace(/,$/, '')] as const));
