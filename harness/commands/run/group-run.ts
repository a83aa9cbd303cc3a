import type { Kata } from '../../catalogue/catalogue.ts';
import type { GateRequest, KataRequest } from '../../grading/request.ts';
import type { Coverage, Verdict } from '../../grading/verdict.ts';
import type { Replayed } from '../../report/incident-lines.ts';
import type { Evidence, Grading } from './grading.ts';
import type { GroupPlan } from './plan.ts';

/** What a run of one group came to so far. `gate` is null where it was not run. */
export interface GroupState {
  plan: GroupPlan;
  incident: Replayed | null;
  verdicts: Map<string, Verdict>;
  gate: Verdict | null;
}

export interface RunOptions {
  /** Null: the recording and the ordinary seed. */
  seed: number | null;
  /** Fresh ones for the gate. */
  gateSeeds: number[];
}

/** What the learner is shown, piece by piece, always in this order; and how much of an answer ran, once that is known. */
export interface Progress {
  incident?(replayed: Replayed): unknown;
  kata?(kata: Kata, verdict: Verdict): void;
  measured?(kata: Kata, coverage: Coverage): void;
  gate?(verdict: Verdict): void;
}

export const isGreen = (verdict: Verdict | undefined | null): boolean => verdict?.verdict === 'pass';

/** All that was asked of the group is green; for a whole group that includes the gate, where it has one. */
export function isDone(state: GroupState): boolean {
  const { plan, gate } = state;
  return katasGreen(state) && (!plan.whole || !plan.group.gate || isGreen(gate));
}

/** Replays the incident and runs the suites in one go, then the gate when all are green. */
export async function runGroup(
  plan: GroupPlan,
  grading: Grading,
  evidence: Evidence,
  options: RunOptions,
  progress: Progress = {},
): Promise<GroupState> {
  const state: GroupState = { plan, incident: null, verdicts: new Map(), gate: null };
  const gateId = `gate ${plan.group.number}`;
  const heard = new Map<string, Verdict>();
  const order = [...(plan.group.gate ? [gateId] : []), ...plan.katas.map(({ id }) => id)];
  const file = evidence.historyFile(plan.group);
  const tellInOrder = async () => {
    for (let verdict = heard.get(order[0] ?? ''); verdict; verdict = heard.get(order[0] ?? '')) {
      order.shift();
      if (verdict.id === gateId) {
        state.incident = await replayedOf(plan, verdict, evidence, options.seed, file);
        progress.incident?.(state.incident);
        continue;
      }
      state.verdicts.set(verdict.id, verdict);
      const kata = plan.katas.find(({ id }) => id === verdict.id);
      if (kata) progress.kata?.(kata, verdict);
    }
  };
  let telling: Promise<void> = Promise.resolve();
  const hear = (verdict: Verdict) => {
    heard.set(verdict.id, verdict);
    telling = telling.then(tellInOrder);
  };
  const requests = [
    ...(plan.group.gate ? [incidentRequest(plan, options.seed, file)] : []),
    ...plan.katas.map((kata) => kataRequest(kata, options.seed)),
  ];
  const verdicts = await grading.grade(requests, hear);
  for (const verdict of verdicts) if (!heard.has(verdict.id)) hear(verdict);
  await telling;
  addCoverage(state, verdicts, progress);
  await runGate(state, grading, options, progress);
  return state;
}

function addCoverage(state: GroupState, verdicts: readonly Verdict[], progress: Progress): void {
  for (const kata of state.plan.katas) {
    const verdict = state.verdicts.get(kata.id);
    const coverage = verdicts.find(({ id }) => id === kata.id)?.coverage;
    if (!verdict || !coverage) continue;
    state.verdicts.set(kata.id, { ...verdict, coverage });
    progress.measured?.(kata, coverage);
  }
}

/** Grades what was saved. What the gate said before no longer holds. */
export async function gradeSaved(
  state: GroupState,
  katas: readonly Kata[],
  grading: Grading,
  options: RunOptions,
  progress: Progress = {},
): Promise<void> {
  state.gate = null;
  const verdicts = await grading.grade(katas.map((kata) => kataRequest(kata, options.seed)));
  for (const kata of katas) {
    const verdict = verdicts.find(({ id }) => id === kata.id);
    if (!verdict) continue;
    state.verdicts.set(kata.id, verdict);
    progress.kata?.(kata, verdict);
  }
}

/** Runs the suite of an answer that was graded before, to see how much of it runs. Tells nothing else. */
export async function measureAnswer(
  kata: Kata,
  grading: Grading,
  { seed }: RunOptions,
  { measured }: Progress,
): Promise<void> {
  const [verdict] = await grading.grade([kataRequest(kata, seed)]);
  if (verdict?.coverage) measured?.(kata, verdict.coverage);
}

/** Replays the incident alone; a group without a gate has none to replay. */
export async function replayIncident(
  state: GroupState,
  grading: Grading,
  evidence: Evidence,
  { seed }: RunOptions,
  progress: Progress = {},
): Promise<void> {
  const { plan } = state;
  if (!plan.group.gate) return;
  const file = evidence.historyFile(plan.group);
  const [verdict] = await grading.grade([incidentRequest(plan, seed, file)]);
  if (!verdict) return;
  state.incident = await replayedOf(plan, verdict, evidence, seed, file);
  progress.incident?.(state.incident);
}

/** Runs the gate on fresh seeds, once all katas of the group were asked for and are green. */
export async function runGate(
  state: GroupState,
  grading: Grading,
  { gateSeeds }: RunOptions,
  progress: Progress = {},
): Promise<void> {
  const { plan } = state;
  state.gate = null;
  if (!plan.group.gate || !plan.whole || !katasGreen(state)) return;
  const [verdict] = await grading.grade([{ gate: plan.group, subject: ({ file }) => file, seeds: gateSeeds }]);
  if (!verdict) return;
  state.gate = verdict;
  progress.gate?.(verdict);
}

export const katasGreen = ({ plan, verdicts }: GroupState): boolean =>
  plan.katas.every(({ id }) => isGreen(verdicts.get(id)));

const kataRequest = (kata: Kata, seed: number | null): KataRequest => ({
  kata,
  subject: kata.file,
  seeds: [seed ?? 1],
});

/** The incident alone: the recorded one, or one of its kind where a seed is given. */
export function incidentRequest(
  { group }: Pick<GroupPlan, 'group'>,
  seed: number | null,
  historyFile: string,
  subject: (kata: Kata) => string = ({ file }) => file,
): GateRequest {
  const scene = seed === null ? { seeds: [], only: ['incident'] } : { seeds: [seed], only: ['fresh'] };
  return { gate: group, subject, ...scene, historyFile };
}

async function replayedOf(
  { group }: GroupPlan,
  verdict: Verdict,
  evidence: Evidence,
  seed: number | null,
  file: string,
): Promise<Replayed> {
  const now = verdict.damage ?? null;
  const why = verdict.error ?? verdict.behaviours.find(({ passed }) => !passed)?.message ?? undefined;
  // What was measured on other questions can't be set beside the recording.
  const before = seed === null && verdict.measures ? evidence.recordedMeasures(group) : undefined;
  return {
    seed,
    now,
    recorded: await evidence.recorded(group),
    measures: verdict.measures ? { recorded: before ?? null, now: verdict.measures } : null,
    history: now ? evidence.history(file) : [],
    error: why,
  };
}
