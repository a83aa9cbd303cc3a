import type { Catalogue, Kata } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { select } from '../catalogue/select.ts';
import { openGrader } from '../grading/grader.ts';
import { problemLine } from '../kernel/problem.ts';
import { nextStepLines } from '../report/next-step.ts';
import type { RunJson } from '../report/run-json.ts';
import { inkOf } from '../report/screen.ts';
import { paragraph } from '../report/text.ts';
import { Keeper } from './progress/keeper.ts';
import { isKept } from './progress/learning.ts';
import { evidenceIn } from './run/evidence.ts';
import type { Evidence, Grading } from './run/grading.ts';
import { type GroupState, isDone, type RunOptions, runGroup } from './run/group-run.ts';
import { type GroupPlan, planOf } from './run/plan.ts';
import { type Saves, watchSaves } from './run/saves.ts';
import { nextOf, runJsonOf, showEnd, showRun, showSave } from './run/show.ts';
import { tamperedLines } from './run/tampered.ts';
import { filesToWatch, watchUntilGreen } from './run/watch.ts';
import type { Terminal } from './terminal.ts';
import { closing, openedLater, untilAborted } from './until.ts';

export interface RunCommand {
  names: string[];
  once: boolean;
  verbose: boolean;
  json: boolean;
  seed: number | null;
}

const GATE_SEEDS = 5;
const QUIET_MS = 10_000;

/** Runs what was asked for; in a terminal it stays until all is green. Resolves to the exit code. */
export async function run(root: string, command: RunCommand, terminal: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const plans = planOf(catalogue, select(catalogue, command.names));
  const stays = terminal.interactive && !command.once && !command.json;
  // Watched from the beginning: a save during the first run counts too.
  const saves = stays ? watchSaves(filesToWatch(katasOf(plans))) : undefined;
  // Where somebody waits for verdicts, measuring would make them wait longer.
  const coverage = command.json || (!stays && isKept(process.env));
  const grader = await openGrader({ root, coverage });
  const evidence = evidenceIn(root);
  const keeper = new Keeper(catalogue);
  const session = { catalogue, plans, grader, evidence, keeper, command, terminal };
  // All was shown by then: what was seen goes into the store while the grader closes.
  let kept: Promise<void> | undefined;
  const playing = async () => {
    const code = await untilAborted(play(session, saves), terminal);
    kept = keeper.tellOf(terminal, command.json);
    return code;
  };
  const all = async () => {
    const code = await closing(grader, playing);
    if (kept) await untilAborted(kept, terminal);
    return code;
  };
  return closing(keeper, all).finally(() => saves?.close());
}

const katasOf = (plans: readonly GroupPlan[]): Kata[] => plans.flatMap(({ katas }) => katas);

interface Session {
  catalogue: Catalogue;
  plans: GroupPlan[];
  grader: Grading;
  evidence: Evidence;
  keeper: Keeper;
  command: RunCommand;
  terminal: Terminal;
}

async function play(session: Session, saves: Saves | undefined): Promise<number> {
  const { plans, grader, evidence, keeper, catalogue, command, terminal } = session;
  const states: GroupState[] = [];
  if (!command.json) showProblems(catalogue, terminal);
  for (const plan of plans) {
    const show = command.json ? {} : showRun(plan, terminal, command);
    const progress = keeper.keeping(plan, plan.katas, command.seed, show);
    const state = await runGroup(plan, grader, evidence, optionsOf(command), progress);
    states.push(state);
    if (!command.json) showEnd(state, tamperedLines(catalogue, plan.katas), terminal);
  }
  if (command.json) printJson(states, session);
  else showNext(states, session, saves !== undefined);
  if (saves && !states.every(isDone)) await stay(states, session, saves);
  const counts = tamperedLines(catalogue, katasOf(plans)).length === 0 && !leftOut(session);
  return states.every(isDone) && counts ? 0 : 1;
}

/** One step, however many groups were run: in the first that isn't done. */
function showNext(states: readonly GroupState[], { catalogue, evidence, terminal }: Session, stays: boolean): void {
  const state = states.find((one) => !isDone(one)) ?? states.at(-1);
  if (state) terminal.print(nextStepLines(nextOf(state, catalogue, evidence, stays), terminal.screen));
}

/** A kata that was asked for with its group and whose kata.json is broken was not run: not all is green. */
function leftOut({ catalogue, plans }: Session): boolean {
  const broken = catalogue.problems.filter(({ file }) => file.endsWith('/kata.json'));
  return plans.some(({ whole, group }) => whole && broken.some(({ file }) => file.split('/').includes(group.slug)));
}

function printJson(states: readonly GroupState[], session: Session): void {
  const { catalogue, evidence, terminal, plans } = session;
  const tampered = tamperedLines(catalogue, katasOf(plans));
  const json: RunJson = {
    ok: states.every(isDone) && !leftOut(session) && tampered.length === 0,
    groups: states.map((state) => runJsonOf(state, nextOf(state, catalogue, evidence, false), catalogue.root)),
    tampered,
    problems: catalogue.problems,
  };
  terminal.print([JSON.stringify(json)]);
}

/** A gate's seeds are fresh each time, so that an answer can't be fitted to them; they are shown with the result. */
function optionsOf({ seed }: RunCommand): RunOptions {
  const first = seed ?? Math.floor(Math.random() * 1e6) + 1;
  return { seed, gateSeeds: seed === null ? Array.from({ length: GATE_SEEDS }, (_, n) => first + n) : [seed] };
}

async function stay(states: GroupState[], session: Session, saves: Saves): Promise<void> {
  const { grader, evidence, keeper, catalogue, command, terminal } = session;
  const { print, screen, signal } = terminal;
  print(['', inkOf(screen).faint('Waiting for a save; each is graded at once. Ctrl-C leaves.')]);
  void keeper.tellOf(terminal);
  let told = '';
  const settled = () => {
    const state = states.find((one) => !isDone(one)) ?? states.at(-1);
    const next = state ? nextStepLines(nextOf(state, catalogue, evidence, true), screen) : [];
    if (next.join('\n') !== told) print(['', ...next]);
    told = next.join('\n');
    void keeper.tellOf(terminal);
  };
  const show = (state: GroupState, katas: Kata[]) =>
    keeper.keeping(state.plan, katas, command.seed, showSave(katas, state, terminal, command, new Date()));
  const options = () => optionsOf(command);
  const kept = isKept(process.env);
  const spare = openedLater(() => openGrader({ root: catalogue.root, coverage: kept }));
  const watched = {
    states,
    saves,
    grading: grader,
    replaying: spare,
    quietMs: kept ? QUIET_MS : null,
    evidence,
    options,
    show,
    settled,
  };
  await watchUntilGreen(watched, signal).finally(() => spare.close());
}

function showProblems({ problems }: Catalogue, { print, screen }: Terminal): void {
  if (problems.length === 0) return;
  const lines = problems.slice(0, 3).flatMap((problem) => paragraph(problemLine(problem), screen.columns, '  '));
  const more = problems.length > 3 ? [`  … and ${problems.length - 3} more: pnpm kata list`] : [];
  print(['To be mended in the repository itself:', ...lines, ...more, '']);
}
