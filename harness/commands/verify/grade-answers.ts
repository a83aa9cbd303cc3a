import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Catalogue, Group } from '../../catalogue/catalogue.ts';
import type { Selection } from '../../catalogue/select.ts';
import type { Grader } from '../../grading/grader.ts';
import type { GradeRequest } from '../../grading/request.ts';
import type { Verdict } from '../../grading/verdict.ts';
import { HarnessError } from '../../kernel/harness-error.ts';
import type { Problem } from '../../kernel/problem.ts';
import type { GateRow, Verification } from '../../report/verify-lines.ts';
import { planRecording, type RecordingPlan } from '../recording/group-recording.ts';
import type { AuthoredAnswer } from './answers.ts';
import { judgeKata } from './judge.ts';
import { gradeOnOwnEngines } from './own-engine.ts';

/** A wrong answer is mostly red on the first; only those that are not play the rest. */
const FIRST_SEEDS = 1;

export interface AllAnswers {
  catalogue: Catalogue;
  selection: Selection;
  seeds: number[];
  scratch: string;
  grader: Grader;
  authored: { answers: AuthoredAnswer[] }[];
}

/** Grades every answer, both sides of each gate and the recordings in one run, and holds them to what they must be. */
export async function gradeAnswers(all: AllAnswers): Promise<Verification> {
  const { catalogue, selection, seeds, grader, authored } = all;
  const { root } = catalogue;
  const answers = authored.flatMap((kata) => kata.answers);
  const problems: Problem[] = [];
  const recordings = await recordingsOf(all, problems);
  const gates = selection.groups.flatMap((group) => (group.gate === undefined ? [] : gateRequests(group, seeds)));
  const verdicts = new Map<GradeRequest | AuthoredAnswer, Verdict>();
  const onEngines = answers.filter(({ ownEngine }) => ownEngine);
  const requests = [
    ...gates.map((request) => ({ of: request as GradeRequest | AuthoredAnswer, request: request as GradeRequest })),
    ...answers
      .filter(({ ownEngine }) => !ownEngine)
      .sort(rightFirst)
      .map((answer) => ({ of: answer, request: requestFor(answer, seeds) })),
    ...recordings.flatMap((plan) => plan.requests).map((request) => ({ of: request, request })),
  ];
  const progress = progressOn(process.stderr, requests.length + onEngines.length);
  const graded = await grader.grade(
    requests.map(({ request }) => request),
    progress.step,
  );
  for (const [n, verdict] of graded.entries()) verdicts.set((requests[n] as (typeof requests)[number]).of, verdict);
  await gradeSurvivors(all, answers, verdicts);
  const apart = await gradeOnOwnEngines(root, onEngines, seeds, progress.step);
  for (const [answer, verdict] of apart) verdicts.set(answer, verdict);
  progress.done();
  problems.push(...recordings.flatMap((plan) => driftIn(root, plan)));
  const rows = selection.katas.map((kata) => {
    const judged = answers
      .filter((answer) => answer.kata === kata)
      .map((answer) => ({ ...answer, verdict: verdicts.get(answer) as Verdict }));
    return judgeKata(root, kata, judged);
  });
  const gateRows = selection.groups.flatMap((group) => {
    const [starter, solution] = gates.filter(({ gate }) => gate === group).map((gate) => verdicts.get(gate) as Verdict);
    return starter && solution ? [judgeGate(root, group, starter, solution, problems)] : [];
  });
  return {
    katas: rows.map(({ row }) => row),
    gates: gateRows,
    problems: [...rows.flatMap((row) => row.problems), ...problems],
  };
}

/** The long ones begin first, so that none is left alone at the end. */
const rightFirst = (a: AuthoredAnswer, b: AuthoredAnswer) => Number(a.role === 'wrong') - Number(b.role === 'wrong');

function requestFor({ kata, subject, role }: AuthoredAnswer, seeds: number[]): GradeRequest {
  if (role !== 'wrong') return { kata, subject, seeds };
  return { kata, subject, seeds: seeds.slice(0, FIRST_SEEDS), stopAtFirstRed: true };
}

function gateRequests(gate: Group, seeds: number[]) {
  return [
    { gate, subject: ({ starter }: { starter: string }) => starter, seeds, stopAtFirstRed: true },
    { gate, subject: ({ solution }: { solution: string }) => solution, seeds },
  ];
}

async function gradeSurvivors(
  { grader, seeds }: AllAnswers,
  answers: readonly AuthoredAnswer[],
  verdicts: Map<GradeRequest | AuthoredAnswer, Verdict>,
): Promise<void> {
  const rest = seeds.slice(FIRST_SEEDS);
  const survivors = answers.filter((answer) => answer.role === 'wrong' && verdicts.get(answer)?.verdict === 'pass');
  if (rest.length === 0 || survivors.length === 0) return;
  const requests = survivors.map(({ kata, subject }) => ({ kata, subject, seeds: rest, stopAtFirstRed: true }));
  const again = await grader.grade(requests);
  for (const [n, verdict] of again.entries()) {
    verdicts.set(survivors[n] as AuthoredAnswer, { ...verdict, seeds });
  }
}

function judgeGate(root: string, group: Group, starter: Verdict, solution: Verdict, problems: Problem[]): GateRow {
  const file = relative(root, group.gate ?? group.folder);
  const red = starter.behaviours.find(({ passed, skipped }) => !passed && !skipped);
  if (red?.kind !== 'rule') {
    const why = starter.error ?? red?.message ?? 'it is green';
    problems.push({
      file,
      message: `does not find the starters' failure: ${why}`,
      remedy: 'It must break an objective.',
    });
  }
  if (solution.verdict !== 'pass') {
    const broken = solution.behaviours.find(({ passed }) => !passed);
    const why = solution.error ?? `${broken?.message} (seed ${broken?.seed})`;
    problems.push({
      file,
      message: `is red on the solutions: ${why}`,
      remedy: 'Mend the solutions or the objectives.',
    });
  }
  const colour = ({ verdict }: Verdict) => (verdict === 'pass' ? 'green' : 'red');
  return {
    group: `group${group.number}`,
    starter: colour(starter),
    solution: colour(solution),
    seeds: solution.seeds.length,
  };
}

async function recordingsOf(
  { catalogue, selection, scratch }: AllAnswers,
  problems: Problem[],
): Promise<RecordingPlan[]> {
  const plans: RecordingPlan[] = [];
  for (const group of catalogue.groups) {
    const katas = selection.katas.filter((kata) => kata.group === group.number);
    if (katas.length === 0) continue;
    try {
      plans.push(await planRecording(group, katas, scratch));
    } catch (error) {
      problems.push(recordingProblem(relative(catalogue.root, group.folder), error));
    }
  }
  return plans;
}

/** Recordings that no longer come out byte for byte. */
function driftIn(root: string, plan: RecordingPlan): Problem[] {
  let texts: Map<string, string>;
  try {
    texts = plan.texts();
  } catch (error) {
    return [recordingProblem('incident', error)];
  }
  return [...texts].flatMap(([path, text]) => {
    if (!existsSync(path)) return [];
    const before = readFileSync(path, 'utf8');
    if (before === text) return [];
    const [old, now] = [before.split('\n'), text.split('\n')];
    const line = now.findIndex((content, n) => content !== old[n]) + 1 || now.length;
    const message = 'is not what the script and the starter do now';
    return [{ file: relative(root, path), line, message, remedy: "'kata record' records it again." }];
  });
}

function recordingProblem(file: string, error: unknown): Problem {
  if (!(error instanceof HarnessError)) throw error;
  return { file, message: error.message.replace(/\.$/, ''), remedy: 'Recordings come from the script.' };
}

function progressOn(stream: NodeJS.WriteStream, all: number): { step: () => void; done: () => void } {
  let graded = 0;
  const show = (text: string) => stream.isTTY && stream.write(`\r\x1b[2K${text}`);
  return { step: () => show(`${++graded} of ${all} answers graded`), done: () => show('') };
}
