import type { MeasuresBeside } from '../kit/measures.ts';
import type { Coverage, Damage, VerdictWord } from './learning-events.ts';

/** Where one learner stands: the fold of their events. Plain JSON, so that it can be kept as a checkpoint. */
export interface Standing {
  learner: string | null;
  name: string | null;
  cohort: string | null;
  /** Number of events. */
  events: number;
  enrolledAt: string | null;
  lastAt: string | null;
  /** Ids of the latest events, at most `RECENT`: what is kept a second time is recognised by them. */
  recent: readonly string[];
  clock: { jumps: number; mostBackMs: number };
  katas: Readonly<Record<string, KataStanding>>;
  groups: Readonly<Record<string, GroupStanding>>;
}

export interface KataStanding {
  /** Suites with their fixtures, in the order in which this history met them: edition 1 first. */
  editions: readonly EditionResult[];
  /** Edition of the latest result that counts; 0 before there is one. */
  edition: number;
  runs: number;
  /** Runs on an edited suite, which count for nothing. */
  discounted: number;
  attempts: number;
  /** Digest of the answer of the latest attempt. */
  attempted: string | null;
  /** When it was first graded, first attempted and first green. */
  seenAt: string | null;
  startedAt: string | null;
  solvedAt: string | null;
  attemptsToGreen: number | null;
  /** Time at work until the first green: pauses count as `PAUSE_MS` at most. */
  workedMs: number;
  /** How often hints were taken, how often before green, and the strongest one. */
  hints: { taken: number; beforeGreen: number; level: number };
  solution: { at: string; afterGreen: boolean } | null;
  notes: { at: string; digest: string; words: number } | null;
  deviated: { at: string; instead: string; skipped: number } | null;
  resets: number;
}

/** The latest result on one edition of a suite. */
export interface EditionResult {
  /** Id of its event. */
  event: string;
  /** Digest of suite and fixture. */
  digest: string;
  at: string;
  verdict: VerdictWord;
  score: number;
  points: number;
  behaviours: readonly { id: string; points: number; passed: boolean }[];
  seeds: readonly number[];
  durationMs: number;
  /** Null where it was not measured. */
  coverage: Coverage | null;
  /** Digest of the answer that was graded. */
  answer: string;
  error: string | null;
}

export interface GroupStanding {
  /** Digests of the gates that were met, edition 1 first. */
  editions: readonly string[];
  replays: number;
  /** The damage as recorded, as first and as last replayed on the learner's katas. */
  recorded: Damage | null;
  first: { at: string; damage: Damage } | null;
  last: { at: string; damage: Damage } | null;
  /** How good retrieval was when it was last measured, on the learner's katas and as recorded. */
  measures: MeasuresBeside | null;
  /** The latest verdict of the whole gate. */
  gate: { at: string; verdict: VerdictWord; edition: number } | null;
  resolvedAt: string | null;
}

export const RECENT = 512;
/** A longer pause than this is no work. */
export const PAUSE_MS = 30 * 60_000;

export const nobody: Standing = {
  learner: null,
  name: null,
  cohort: null,
  events: 0,
  enrolledAt: null,
  lastAt: null,
  recent: [],
  clock: { jumps: 0, mostBackMs: 0 },
  katas: {},
  groups: {},
};

const untaken: KataStanding = {
  editions: [],
  edition: 0,
  runs: 0,
  discounted: 0,
  attempts: 0,
  attempted: null,
  seenAt: null,
  startedAt: null,
  solvedAt: null,
  attemptsToGreen: null,
  workedMs: 0,
  hints: { taken: 0, beforeGreen: 0, level: 0 },
  solution: null,
  notes: null,
  deviated: null,
  resets: 0,
};

const unplayed: GroupStanding = {
  editions: [],
  replays: 0,
  recorded: null,
  first: null,
  last: null,
  measures: null,
  gate: null,
  resolvedAt: null,
};

export const kataOf = ({ katas }: Standing, id: string): KataStanding => katas[id] ?? untaken;
export const groupOf = ({ groups }: Standing, number: number): GroupStanding => groups[number] ?? unplayed;

/** The number of an edition in this history; one that is new gets the next. */
export function editionOf(editions: readonly (string | EditionResult)[], digest: string): number {
  const place = editions.findIndex((edition) => (typeof edition === 'string' ? edition : edition.digest) === digest);
  return (place < 0 ? editions.length : place) + 1;
}
