import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problemLine } from '../kernel/problem.ts';
import type { Verification } from '../report/verify-lines.ts';
import type { Terminal } from './terminal.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}
interface Check {
  what: string;
  args: (scratch: string) => string[];
  /** From the exit code and standard output. Absent: one check, passed by exit code 0. */
  tally?: (output: string, scratch: string) => Tally;
  /** What to show of the output when it failed. Default: its last 200 lines. */
  explain?: (output: string) => string[];
}

/** What must hold in this repository, in the order in which a failure is cheapest to see. */
const CHECKS: Check[] = [
  { what: 'types', args: () => ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { what: 'lint', args: () => ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  {
    what: 'the tests of the harness and of Answerdesk',
    args: (scratch) => [
      ...['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.workspace.ts'],
      ...['--project', 'harness', '--project', 'answerdesk'],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${join(scratch, 'tests.json')}`],
    ],
    tally: (_, scratch) => testTally(readFileSync(join(scratch, 'tests.json'), 'utf8')),
  },
  {
    what: 'every kata and gate, on 5 seeds',
    args: () => ['harness/main.js', 'verify', 'all', '--seeds', '5', '--json'],
    tally: (output) => verifyTally(JSON.parse(output) as Verification),
    explain: (output) => (JSON.parse(output) as Verification).problems.map(problemLine),
  },
];

/** Runs every check of the repository and ends with `N passed, N failed`. Resolves to 0 where none failed. */
export async function selfTest(root: string, { print }: Terminal): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'kata-self-test-'));
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const check of CHECKS) {
      print([`— ${check.what}`]);
      const tally = await run(root, check, scratch, print);
      print([`  ${words(tally)}`]);
      for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += tally[key];
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  print(['', words(total)]);
  return total.failed === 0 ? 0 : 1;
}

const words = ({ passed, failed, skipped }: Tally) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

async function run(root: string, check: Check, scratch: string, print: Terminal['print']): Promise<Tally> {
  const { code, output } = await outputOf(root, check.args(scratch), check.what.startsWith('every'));
  const byCode = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const lastLines = () => output.trimEnd().split('\n').slice(-200);
  try {
    const tally = check.tally?.(output, scratch) ?? byCode;
    if (code !== 0) print(check.explain?.(output) ?? lastLines());
    // A run that ended badly without one failed test (a crash, an unhandled error) has failed all the same.
    return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
  } catch {
    print(lastLines());
    return { ...byCode, failed: 1 };
  }
}

function outputOf(root: string, args: string[], quiet: boolean): Promise<{ code: number; output: string }> {
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', quiet ? 'inherit' : 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

interface VitestJson {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

/** From Vitest's JSON reporter. */
export function testTally(json: string): Tally {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(json) as VitestJson;
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

/** Each answer and each side of a gate is one check; each problem is one that failed. */
export function verifyTally({ katas, gates, problems }: Verification): Tally {
  const answers = katas.flatMap(({ starter, solution, wrong, alsoRight }) => [
    starter.failed > 0,
    solution.failed === 0,
    ...wrong.map(({ rejected }) => rejected),
    ...alsoRight.map(({ accepted }) => accepted),
  ]);
  const sides = gates.flatMap(({ starter, solution }) => [starter === 'red', solution === 'green']);
  const passed = [...answers, ...sides].filter(Boolean).length;
  const failed = answers.length + sides.length - passed;
  return { passed, failed: Math.max(failed, problems.length), skipped: 0 };
}
