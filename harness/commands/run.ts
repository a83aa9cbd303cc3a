import type { Catalogue } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { select } from '../catalogue/select.ts';
import { openGrader } from '../grading/grader.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { problemLine } from '../kernel/problem.ts';
import { nextStepLines } from '../report/next-step.ts';
import type { RunJson } from '../report/run-json.ts';
import { inkOf } from '../report/screen.ts';
import { paragraph } from '../report/text.ts';
import { evidenceIn } from './run/evidence.ts';
import type { Evidence, Grading } from './run/grading.ts';
import { type GroupState, isDone, type RunOptions, runGroup } from './run/group-run.ts';
import { type GroupPlan, planOf } from './run/plan.ts';
import { watchSaves } from './run/saves.ts';
import { nextOf, runJsonOf, showEnd, showRun, showSave } from './run/show.ts';
import { filesToWatch, watchUntilGreen } from './run/watch.ts';
import type { Terminal } from './terminal.ts';

export interface RunCommand {
  names: string[];
  once: boolean;
  verbose: boolean;
  json: boolean;
  seed: number | null;
}

const GATE_SEEDS = 5;

/** Runs what was asked for; in a terminal it stays until all is green. Resolves to the exit code. */
export async function run(root: string, command: RunCommand, terminal: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const plans = planOf(catalogue, select(catalogue, command.names));
  const grader = await openGrader({ root });
  try {
    return await untilAborted(
      session({ catalogue, plans, grader, evidence: evidenceIn(root, async () => undefined) }, command, terminal),
      terminal.signal,
    );
  } finally {
    await Promise.race([grader.close(), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
  }
}

interface Session {
  catalogue: Catalogue;
  plans: GroupPlan[];
  grader: Grading;
  evidence: Evidence;
}

async function session(all: Session, command: RunCommand, terminal: Terminal): Promise<number> {
  const { plans, grader, evidence, catalogue } = all;
  const stays = terminal.interactive && !command.once && !command.json;
  const states: GroupState[] = [];
  for (const plan of plans) {
    const progress = command.json ? {} : showRun(plan, terminal, command);
    const state = await runGroup(plan, grader, evidence, optionsOf(command), progress);
    states.push(state);
    if (!command.json) showEnd(state, nextOf(state, catalogue, evidence, stays), terminal);
  }
  if (command.json) {
    const json: RunJson = {
      ok: states.every(isDone),
      groups: states.map((state) => runJsonOf(state, nextOf(state, catalogue, evidence, false), catalogue.root)),
      problems: catalogue.problems,
    };
    terminal.print([JSON.stringify(json)]);
  } else showProblems(catalogue, terminal);
  if (stays && !states.every(isDone)) await stay(states, all, command, terminal);
  return states.every(isDone) ? 0 : 1;
}

/** A gate's seeds are fresh each time, so that an answer can't be fitted to them; they are shown with the result. */
function optionsOf({ seed }: RunCommand): RunOptions {
  const first = seed ?? Math.floor(Math.random() * 1e6) + 1;
  return { seed, gateSeeds: seed === null ? Array.from({ length: GATE_SEEDS }, (_, n) => first + n) : [seed] };
}

async function stay(
  states: GroupState[],
  { grader, evidence, catalogue }: Session,
  command: RunCommand,
  terminal: Terminal,
): Promise<void> {
  const saves = watchSaves(filesToWatch(states.flatMap(({ plan }) => plan.katas)));
  const ink = inkOf(terminal.screen);
  terminal.print(['', ink.faint('Waiting for a save; each is graded at once. Ctrl-C leaves.')]);
  let told = '';
  try {
    await watchUntilGreen(
      {
        states,
        saves,
        grading: grader,
        evidence,
        options: () => optionsOf(command),
        show: (state, katas) => showSave(katas, state.incident, terminal, command, new Date()),
        settled: (state) => {
          const next = nextStepLines(nextOf(state, catalogue, evidence, true), terminal.screen);
          if (next.join() !== told) terminal.print(['', ...next]);
          told = next.join();
        },
      },
      terminal.signal,
    );
  } finally {
    saves.close();
  }
}

function showProblems({ problems }: Catalogue, { print, screen }: Terminal): void {
  if (problems.length > 0)
    print([
      '',
      'In the repository itself:',
      ...problems.flatMap((problem) => paragraph(problemLine(problem), screen.columns, '  ')),
    ]);
}

/** Ctrl-C ends the wait at once, whatever is under way. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new HarnessError('INTERRUPTED', 'Stopped.'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, (error: unknown) => (signal.aborted ? stop() : reject(error)));
  });
}
