import type { Kata } from '../../catalogue/catalogue.ts';
import type { Verdict } from '../../grading/verdict.ts';
import type { Evidence, Grading } from './grading.ts';
import {
  type GroupState,
  gradeSaved,
  isDone,
  katasGreen,
  measureAnswer,
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
  /** Whether answers are measured. */
  measures: boolean;
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
 * How much of the answer ran is measured when there is time for that: after the replay, or beside the gate.
 */
export async function watchUntilGreen(watched: Watched, signal: AbortSignal): Promise<void> {
  const { states, saves, grading, replaying, measures, evidence, show, settled } = watched;
  let latest = 0;
  let queue: Promise<void> = Promise.resolve();
  const beside = (work: (isLatest: () => boolean) => Promise<void>) => {
    const turn = latest;
    const isLatest = () => turn === latest;
    queue = queue.then(() => (isLatest() ? work(isLatest) : undefined));
    queue.catch(() => {});
  };
  const replay = (state: GroupState, options: RunOptions, { incident }: Progress) =>
    beside((isLatest) => {
      const tell: Progress = { incident: (replayed) => isLatest() && incident?.(replayed) };
      return replayIncident(state, replaying, evidence, options, tell);
    });
  const unmeasured = new Map<Kata, { options: RunOptions; progress: Progress }>();
  const measure = () =>
    beside(async (isLatest) => {
      for (const [kata, { options, progress }] of unmeasured) {
        if (!isLatest()) return;
        unmeasured.delete(kata);
        await measureAnswer(kata, replaying, options, progress);
      }
    });
  while (!states.every(isDone)) {
    const ids = await saves.next(signal);
    latest++;
    for (const state of states) {
      const katas = state.plan.katas.filter(({ id }) => ids.includes(id));
      if (katas.length === 0) continue;
      const [options, progress] = [watched.options(), show(state, katas)];
      await gradeSaved(state, katas, grading, options, progress);
      const running = katas.filter(({ id }) => ran(state.verdicts.get(id)));
      if (measures) for (const kata of running) unmeasured.set(kata, { options, progress });
      if (katasGreen(state)) {
        measure();
        await replayIncident(state, grading, evidence, options, progress);
        await runGate(state, grading, options, progress);
      }
      settled();
      if (katasGreen(state)) continue;
      if (running.length === katas.length) replay(state, options, progress);
      measure();
    }
  }
  await queue.catch(() => {});
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
