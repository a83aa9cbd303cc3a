import type { Kata } from '../../catalogue/catalogue.ts';
import type { Verdict } from '../../grading/verdict.ts';
import { Beside } from './beside.ts';
import type { Evidence, Grading } from './grading.ts';
import {
  type GroupState,
  gradeSaved,
  isDone,
  katasGreen,
  type Progress,
  type RunOptions,
  replayIncident,
  runGate,
} from './group-run.ts';
import type { Saves } from './saves.ts';

export interface Watched {
  states: GroupState[];
  saves: Saves;
  grading: Grading;
  /** Replays the incident and measures answers while `grading` is kept free for the next save. */
  replaying: Grading;
  /** Without a save for so long, what was saved is measured; null: never. */
  quietMs: number | null;
  evidence: Evidence;
  /** Asked at each run: the gate's seeds are fresh each time. */
  options(): RunOptions;
  /** Shows what a save does; called before it is graded. */
  show(state: GroupState, katas: Kata[]): Progress;
  /** Called when a save is dealt with. */
  settled(): void;
}

/**
 * Grades each save until all that was asked is green. Rejects when `signal` is aborted. The verdict comes at once; what
 * the save did to the incident comes after it, beside the next edit, and is dropped when the next save is there first.
 */
export async function watchUntilGreen(watched: Watched, signal: AbortSignal): Promise<void> {
  const beside = new Beside(watched);
  try {
    while (!watched.states.every(isDone)) await gradeNext(watched, beside, signal);
    await beside.idle();
  } finally {
    beside.close();
  }
}

async function gradeNext(watched: Watched, beside: Beside, signal: AbortSignal): Promise<void> {
  const { states, saves, grading, evidence, show, settled } = watched;
  const ids = await saves.next(signal);
  beside.saved();
  for (const state of states) {
    const katas = state.plan.katas.filter(({ id }) => ids.includes(id));
    if (katas.length === 0) continue;
    const [options, progress] = [watched.options(), show(state, katas)];
    await gradeSaved(state, katas, grading, options, progress);
    const running = katas.filter(({ id }) => ran(state.verdicts.get(id)));
    beside.graded(katas, running, { options, progress });
    if (katasGreen(state)) {
      beside.measure();
      await replayIncident(state, grading, evidence, options, progress);
      await runGate(state, grading, options, progress);
    }
    settled();
    if (!katasGreen(state) && running.length === katas.length) beside.replay(state, options, progress);
  }
  beside.measureWhenQuiet();
}

/** One that doesn't run would only fail the replay for the same reason, and an endless loop for as long again. */
const ran = (verdict: Verdict | undefined) => verdict?.verdict === 'pass' || verdict?.verdict === 'fail';

/** The files whose saves matter, each with its kata: the answer, and what grades it, should that be restored. */
export function filesToWatch(katas: readonly Kata[]): Map<string, string> {
  return new Map(
    katas.flatMap(({ id, file, suite, recordingFile }) =>
      [file, suite, recordingFile].map((path) => [path, id] as const),
    ),
  );
}
