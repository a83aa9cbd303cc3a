import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { createVitest, type Reporter, type TestProject, type Vitest } from 'vitest/node';
import { invalidateChanged, type ReadAt, stampOf } from './changed-modules.ts';
import { type Covered, coverageOptions, noteCoverage, onlyAnswers, scratchFolder } from './coverage.ts';
import { keepingCtrlC } from './keep-ctrl-c.ts';
import { type Limits, USUAL_LIMITS } from './limits.ts';
import { PendingRun, verdictOf } from './pending-run.ts';
import { answersOf, type GradeRequest, isGate, suiteOf } from './request.ts';
import { inRounds } from './rounds.ts';
import { SpareThread } from './spare-thread.ts';
import { type Answers, answerKey, shown, subjectPlugin } from './subject-plugin.ts';
import { ThreadShelf } from './thread-shelf.ts';
import type { Verdict } from './verdict.ts';
import { watchedPool } from './watched-worker.ts';

export interface GraderOptions {
  /** The repository. */
  root: string;
  /** How many answers to one suite may be graded side by side. Default 1. */
  columns?: number;
  /** Use threads again. For authored answers only: what one leaves in the globals, the next one meets. */
  reuseThreads?: boolean;
  /** Keep one thread started ahead: for a grader that waits for the next save. */
  spareThread?: boolean;
  /** Measure which lines and branches of the answers their suites run; slower. */
  coverage?: boolean;
  /** Default: those that every learner's answer keeps to. */
  limits?: Limits;
}

export interface Grader {
  /**
   * Grades all, answers to one suite side by side as far as columns reach; verdicts in the order of the requests.
   * Coverage is measured when the last suite has ended, so it is in these verdicts and not in what `onVerdict` hears.
   */
  grade(requests: readonly GradeRequest[], onVerdict?: OnVerdict): Promise<Verdict[]>;
  /** Ends the workers. A run under way is abandoned. */
  close(): Promise<void>;
}

export type OnVerdict = (verdict: Verdict, request: GradeRequest) => void;

/** Starts Vitest once; `grade` as often as needed. */
export async function openGrader({
  root,
  columns = 1,
  coverage = false,
  reuseThreads = false,
  spareThread = false,
  limits = USUAL_LIMITS,
}: GraderOptions): Promise<Grader> {
  const all = Array.from({ length: columns }, (): Column => ({ answers: new Map(), readAt: new Map() }));
  const runs = new Map<string, PendingRun>();
  const covered: Covered = new Map();
  const finish: Reporter = {
    onCoverage: (map) => noteCoverage(covered, map),
    onTestModuleEnd: (module) => runs.get(key(module.project.name, module.moduleId))?.finish(module),
  };
  const shelf = reuseThreads ? new ThreadShelf() : undefined;
  const spare = spareThread ? new SpareThread() : undefined;
  const pool = watchedPool((project, file) => runs.get(key(project, file)), limits, {
    ...(shelf && { shelf }),
    ...(spare && { spare }),
  });
  const scratch = coverage ? scratchFolder() : undefined;
  const vitest = await keepingCtrlC(() =>
    createVitest(
      'test',
      {
        root,
        config: false,
        watch: false,
        reporters: [finish],
        cache: false,
        maxWorkers: availableParallelism(),
        coverage: coverageOptions(scratch?.path),
        dangerouslyIgnoreUnhandledErrors: true,
        disableConsoleIntercept: true,
        sequence: { sequencer: InOrder, setupFiles: 'list' },
        projects: all.map(({ answers, readAt }, n) => ({
          root,
          plugins: [subjectPlugin(root, answers, (file) => readAt.set(file, stampOf(file)))],
          test: {
            name: `column ${n}`,
            include: [],
            // The watchdog knows better than a timer in the worker.
            testTimeout: 0,
            hookTimeout: 0,
            pool,
            setupFiles: [join(import.meta.dirname, 'heartbeat.ts'), join(root, 'harness/kit/virtual-time.ts')],
          },
        })),
      },
      { logLevel: 'silent', clearScreen: false },
      { stdout: nowhere(), stderr: nowhere() },
    ),
  );
  const provider = coverage ? await vitest.createCoverageProvider() : null;
  if (provider) onlyAnswers(provider, (project, file) => runs.get(key(project, resolve(root, file)))?.answer);
  const grader = { root, vitest, columns: all, runs, covered, coverage };
  return {
    grade: async (requests, onVerdict) => {
      const verdicts = await gradeAll(grader, requests, onVerdict);
      spare?.prepare();
      return verdicts;
    },
    close: async () => {
      await vitest.close();
      await shelf?.close();
      await spare?.close();
      scratch?.remove();
    },
  };
}

/** One answer to each suite may be graded in a column at a time. */
interface Column {
  answers: Answers;
  readAt: ReadAt;
}

interface Running {
  root: string;
  vitest: Vitest;
  columns: Column[];
  runs: Map<string, PendingRun>;
  covered: Covered;
  coverage: boolean;
}

async function gradeAll(grader: Running, requests: readonly GradeRequest[], onVerdict?: OnVerdict): Promise<Verdict[]> {
  const verdicts = new Map<GradeRequest, Verdict>();
  grader.covered.clear();
  const settle = (request: GradeRequest) => (verdict: Verdict) => {
    if (verdicts.has(request)) return;
    verdicts.set(request, verdict);
    onVerdict?.(verdict, request);
  };
  const runnable = requests.filter((request) => {
    const error = whyNotRunnable(grader.root, request);
    if (error) settle(request)(verdictOf(request, { verdict: 'error', error }));
    return error === undefined;
  });
  for (const round of inRounds(runnable, grader.columns.length)) {
    await playRound(
      grader,
      round.map(({ request, column }) => ({ column, run: new PendingRun(grader.root, request, settle(request)) })),
    );
  }
  return requests.map((request) => {
    const verdict = verdicts.get(request) as Verdict;
    const ended = verdict.verdict === 'pass' || verdict.verdict === 'fail';
    const coverage = isGate(request) || !ended ? undefined : grader.covered.get(request.subject);
    return { ...verdict, ...(coverage && { coverage }) };
  });
}

function whyNotRunnable(root: string, request: GradeRequest): string | undefined {
  const suite = suiteOf(request);
  if (suite === '') return `${shown(root, isGate(request) ? request.gate.folder : '')} has no gate.test.ts yet`;
  const missing = [suite, ...answersOf(request).map(({ subject }) => subject)].find((file) => !existsSync(file));
  return missing === undefined ? undefined : `${shown(root, missing)} does not exist`;
}

async function playRound(
  { vitest, columns, runs, coverage }: Running,
  round: { column: number; run: PendingRun }[],
): Promise<void> {
  runs.clear();
  const specifications = round.map(({ column, run }) => {
    const project = vitest.projects[column] as TestProject;
    for (const answer of answersOf(run.request)) {
      columns[column]?.answers.set(answerKey(suiteOf(run.request), answer.kata.file), answer);
    }
    runs.set(key(project.name, suiteOf(run.request)), run);
    return project.createSpecification(suiteOf(run.request));
  });
  // A profiler that nobody listens to would make a gate some 8 % slower.
  if (coverage && round.every(({ run }) => run.answer === undefined)) vitest.disableCoverage();
  else if (coverage) await vitest.enableCoverage();
  invalidateChanged(columns.map(({ readAt }, n) => ({ project: vitest.projects[n] as TestProject, readAt })));
  await vitest.runTestSpecifications(specifications);
  for (const { run } of round) run.abandon();
}

const key = (project: string, file: string) => `${project}\0${file}`;

/** Runs suites in the order they were asked for. */
class InOrder {
  async sort<T>(specifications: T[]): Promise<T[]> {
    return specifications;
  }
  async shard<T>(specifications: T[]): Promise<T[]> {
    return specifications;
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
