import type { Kata } from '../../catalogue/catalogue.ts';
import type { Evidence, Grading } from './grading.ts';
import { type GroupState, measureAnswer, type Progress, type RunOptions, replayIncident } from './group-run.ts';

/** As in `Watched`. */
export interface BesideOptions {
  replaying: Grading;
  evidence: Evidence;
  quietMs: number | null;
}

interface Unmeasured {
  options: RunOptions;
  progress: Progress;
}

/**
 * What a save brings beside its verdict, one after the other, while the next edit is made: the incident's replay, and
 * when no save came for a while how much of the answer ran. The next save drops what hasn't begun.
 */
export class Beside {
  readonly #replaying: Grading;
  readonly #evidence: Evidence;
  readonly #quietMs: number | null;
  readonly #unmeasured = new Map<Kata, Unmeasured>();
  #turn = 0;
  #quiet: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor({ replaying, evidence, quietMs }: BesideOptions) {
    this.#replaying = replaying;
    this.#evidence = evidence;
    this.#quietMs = quietMs;
  }

  /** A save is there. */
  saved(): void {
    this.#turn++;
    clearTimeout(this.#quiet);
  }

  replay(state: GroupState, options: RunOptions, { incident }: Progress): void {
    this.#do((isLatest) => {
      const tell: Progress = { incident: (replayed) => isLatest() && incident?.(replayed) };
      return replayIncident(state, this.#replaying, this.#evidence, options, tell);
    });
  }

  /** These were graded; of those that ran it will be measured how much. */
  graded(saved: readonly Kata[], running: readonly Kata[], how: Unmeasured): void {
    for (const kata of saved) this.#unmeasured.delete(kata);
    for (const kata of running) this.#unmeasured.set(kata, how);
  }

  /** Somebody who saves again soon waits for a verdict, and measuring would make them wait longer. */
  measureWhenQuiet(): void {
    if (this.#quietMs !== null) this.#quiet = setTimeout(() => this.measure(), this.#quietMs);
  }

  measure(): void {
    if (this.#quietMs === null) return;
    this.#do(async (isLatest) => {
      for (const [kata, { options, progress }] of this.#unmeasured) {
        if (!isLatest()) return;
        this.#unmeasured.delete(kata);
        await measureAnswer(kata, this.#replaying, options, progress);
      }
    });
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    return this.#queue.catch(() => {});
  }

  /** Nothing more is begun. */
  close(): void {
    this.saved();
  }

  #do(work: (isLatest: () => boolean) => Promise<void>): void {
    const turn = this.#turn;
    const isLatest = () => turn === this.#turn;
    this.#queue = this.#queue.then(() => (isLatest() ? work(isLatest) : undefined));
    this.#queue.catch(() => {});
  }
}
