import type { Kata } from '../../catalogue/catalogue.ts';
import type { Evidence, Grading } from './grading.ts';
import type { Progress } from './group-run.ts';
import { type GroupState, isDone, type RunOptions, runSaved } from './group-run.ts';
import type { Saves } from './saves.ts';

export interface Watched {
  states: GroupState[];
  saves: Saves;
  grading: Grading;
  evidence: Evidence;
  /** Asked at each run: the gate's seeds are fresh each time. */
  options(): RunOptions;
  /** Shows what a save does; called before it is graded. */
  show(state: GroupState, katas: Kata[]): Progress;
  /** Called when a save is dealt with. */
  settled(): void;
}

/** Grades each save until all that was asked is green. Rejects when `signal` is aborted. */
export async function watchUntilGreen(
  { states, saves, show, settled, ...run }: Watched,
  signal: AbortSignal,
): Promise<void> {
  while (!states.every(isDone)) {
    const ids = await saves.next(signal);
    for (const state of states) {
      const katas = state.plan.katas.filter(({ id }) => ids.includes(id));
      if (katas.length === 0) continue;
      await runSaved(state, katas, run.grading, run.evidence, run.options(), show(state, katas));
      settled();
    }
  }
}

/** The files whose saves matter, each with its kata: the answer, and what grades it, should that be restored. */
export function filesToWatch(katas: readonly Kata[]): Map<string, string> {
  return new Map(
    katas.flatMap(({ id, file, suite, recordingFile }) =>
      [file, suite, recordingFile].map((path) => [path, id] as const),
    ),
  );
}
