import type { Assessment, Coverage, Verdict } from '../grading/verdict.ts';
import type { MeasuresBeside } from '../kit/measures.ts';
import type { NextStep } from './next-step.ts';

/** `pnpm kata group1 --json`: one object for the run. */
export interface RunJson {
  /** Everything that was asked for is green; the exit code says the same. */
  ok: boolean;
  groups: {
    group: number;
    name: string;
    /** Null where the group has no gate; `now` is null where the incident could not be played, and `error` says why. */
    incident: {
      recorded: Assessment | null;
      now: Assessment | null;
      /** How good retrieval is, step by step; null where the gate doesn't measure it. */
      measures: MeasuresBeside | null;
      error: string | null;
    } | null;
    katas: (Omit<Verdict, 'coverage'> & {
      path: string;
      title: string;
      pattern: string;
      points: number;
      /** Shares in 0–1 of the answer's lines and branches that its suite ran; null where it came to no end. */
      coverage: Coverage | null;
    })[];
    /** Null: not run, because a kata was red or the group was not asked for as a whole. */
    gate: { verdict: Verdict['verdict']; seeds: number[]; error: string | null } | null;
    next: NextStep;
  }[];
  /** A line for each suite, gate, recording or starter that isn't as committed: results don't count. */
  tampered: string[];
  /** What is wrong with the repository itself. */
  problems: { file: string; line?: number; message: string; remedy: string }[];
}
