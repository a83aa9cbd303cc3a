import type { MeasuresBeside } from '../kit/measures.ts';
import type { Coverage, Damage, KataDigests, VerdictWord } from './learning-events.ts';

/** What the harness saw a learner do. Kept in the outbox until it is decided which events come of it. */
export type LearningCommand = {
  /** A UUID; the ids of its events come from it, so that what is kept twice is kept once. */
  id: string;
  /** ISO 8601, UTC: the clock of this machine. */
  at: string;
  /** The run to which it belongs. */
  run: string;
} & (
  | { type: 'NoteVerdict'; kata: string; graded: Graded; order: readonly string[] }
  | { type: 'NoteCoverage'; kata: string; digests: KataDigests; coverage: Coverage }
  | {
      type: 'NoteReplay';
      group: number;
      scene: 'incident' | 'gate';
      verdict: VerdictWord;
      seeds: number[];
      gate: string;
      damage: Damage | null;
      recorded: Damage | null;
      /** Absent where the gate measures nothing. */
      measures?: MeasuresBeside;
      counts: boolean;
    }
  | { type: 'TakeHint'; kata: string; level: number }
  | { type: 'ViewSolution'; kata: string }
  | { type: 'NoteNotes'; kata: string; digest: string; words: number }
  | { type: 'NoteReset'; kata: string; kept: string | null }
);

/** A suite's verdict on the learner's file. */
export interface Graded {
  verdict: VerdictWord;
  score: number;
  points: number;
  behaviours: { id: string; points: number; passed: boolean }[];
  seeds: number[];
  digests: KataDigests;
  /** The file is still the starter: looked at, not attempted. */
  untouched: boolean;
  durationMs: number;
  counts: boolean;
  error?: string;
}
