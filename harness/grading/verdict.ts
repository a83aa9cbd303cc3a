import type { AssessedObjective, Assessment } from '../kit/assess.ts';
import type { Measures } from '../kit/measures.ts';

export type { AssessedObjective as Objective, Assessment, Measures };

/** One graded behaviour of a kata, as a suite reported it. */
export interface BehaviourResult {
  id: string;
  title: string;
  points: number;
  passed: boolean;
  /** Set where the behaviour was not run (an earlier one was red and the run stops at the first). */
  skipped?: true;
  /** The broken rule in the domain's words; null when passed. */
  message: string | null;
  /** Id of the recorded event that shows the breach. */
  event: number | null;
  /** The seed that broke it; 'recorded' is the incident as recorded. */
  seed: number | 'recorded' | null;
  /** A broken rule is an answer's fault, a crash or a stuck run perhaps the suite's. */
  kind: 'rule' | 'crash' | 'stuck' | null;
}

/** Shares in 0–1 of an answer's code that its suite ran. */
export interface Coverage {
  lines: number;
  branches: number;
}

/** What a suite said of one answer. `score` is in points, 0 to the sum of `points`. */
export interface Verdict {
  /** Kata id ('1.5'), or 'gate 1'. */
  id: string;
  verdict: 'pass' | 'fail' | 'error' | 'timeout';
  score: number;
  behaviours: BehaviourResult[];
  seeds: number[];
  durationMs: number;
  /** Why there is no verdict on behaviours: does not compile, throws at import, endless loop, exited. One line. */
  error?: string;
  /** The beginning of what the answer printed; absent where it printed nothing. */
  output?: string;
  /** Only where it was asked for, and the suite came to its end. Known later than the rest: see `Grader.grade`. */
  coverage?: Coverage;
  /** Only from a gate. */
  damage?: Assessment;
  /** Only from a gate that measures retrieval. */
  measures?: Measures;
}
