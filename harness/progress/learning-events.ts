import type { MeasuresBeside } from '../kit/measures.ts';

/** A figure of an incident, without the evidence: that belongs to the history of the replay. */
export interface Figure {
  name: string;
  /** As shown: '≤ 300 ms'. */
  limit: string;
  value: number;
  unit: string;
  met: boolean;
}

export interface Damage {
  resolved: boolean;
  objectives: Figure[];
}

/** What a result depends on, each as the first 128 bits of a sha256, in hex. */
export interface KataDigests {
  /** The learner's kata.ts. */
  answer: string;
  /** kata.json */
  kata: string;
  suite: string;
  /** incident.jsonl */
  fixture: string;
}

/** Shares in 0–1 of an answer's code that its suite ran. */
export interface Coverage {
  lines: number;
  branches: number;
}

export type VerdictWord = 'pass' | 'fail' | 'error' | 'timeout';

/** Everything that is kept of a learner, in the past tense. An `edition` counts what this history met, from 1. */
export type LearningEvent =
  | { type: 'LearnerEnrolled'; data: { learner: string; name: string | null; cohort: string } }
  | { type: 'AttemptStarted'; data: { kata: string; attempt: number; answer: string } }
  | { type: 'OrderDeviated'; data: { kata: string; instead: string; skipped: number } }
  | {
      type: 'SuiteGraded';
      data: {
        kata: string;
        verdict: VerdictWord;
        score: number;
        /** The most there is to get. */
        points: number;
        behaviours: { id: string; points: number; passed: boolean }[];
        seeds: number[];
        digests: KataDigests;
        /** Of suite and fixture together. */
        edition: number;
        durationMs: number;
        /** False: suite, fixture or starter were not as committed. */
        counts: boolean;
        /** Why there is no verdict on behaviours. */
        error?: string;
      };
    }
  /** Known only when the whole run has ended, so it follows the result by which it was caused; not every run measures. */
  | { type: 'CoverageMeasured'; data: { kata: string; answer: string; edition: number; coverage: Coverage } }
  | { type: 'KataSolved'; data: { kata: string; edition: number; attempt: number; again: boolean } }
  | {
      type: 'GateReplayed';
      data: {
        group: number;
        /** 'incident': the recorded one alone, whatever the katas are; 'gate': that and fresh seeds, which decides. */
        scene: 'incident' | 'gate';
        verdict: VerdictWord;
        seeds: number[];
        /** Digest of the gate and its incident's files. */
        gate: string;
        edition: number;
        /** Null where it could not be played. */
        damage: Damage | null;
        /** As recorded on the starters. */
        recorded: Damage | null;
        /** Only where they are others than were kept before. */
        measures?: MeasuresBeside;
        counts: boolean;
      };
    }
  | { type: 'GroupResolved'; data: { group: number; edition: number; seeds: number[]; again: boolean } }
  | { type: 'HintTaken'; data: { kata: string; level: number; afterGreen: boolean } }
  | { type: 'SolutionViewed'; data: { kata: string; afterGreen: boolean } }
  | { type: 'NotesWritten'; data: { kata: string; digest: string; words: number } }
  | { type: 'KataReset'; data: { kata: string; kept: string | null } };

export type LearningEventType = LearningEvent['type'];

/** Kept with each event. `$correlationId` and `$causationId` are the names that the event store itself knows. */
export interface LearningMetadata {
  /** ISO 8601, UTC. Never before the event that went before. */
  at: string;
  /** How far the clock had gone back, in ms; absent where it had not. */
  clockBackMs?: number;
  /** The run, or the single command, to which it belongs. */
  $correlationId: string;
  /** The event that caused it, or the command. */
  $causationId: string;
  /** Place in the chain, from 1. */
  n: number;
  /** Hash of the event before, or of the stream's name. */
  previous: string;
  hash: string;
}

/** One event of a learner's stream, as it is stored. */
export type ChainedEvent = { id: string; metadata: LearningMetadata } & LearningEvent;

/** An event that was decided and has no place in the chain yet. */
export type DraftEvent = { id: string; metadata: Omit<LearningMetadata, 'n' | 'previous' | 'hash'> } & LearningEvent;

/** What a cohort sees of its learners: milestones, each with the head of the learner's chain at that time. */
export type CohortEvent =
  | { type: 'LearnerJoined'; data: { learner: string; name: string | null } }
  | { type: 'MilestoneReached'; data: { learner: string; kata?: string; group?: number; head: ChainHead } };

/** Where a chain ends: its last event's place and hash. An empty chain has n = 0. */
export interface ChainHead {
  n: number;
  hash: string;
}

export const learnerStream = (learner: string): string => `learner-${learner}`;
export const cohortStream = (cohort: string): string => `cohort-${cohort}`;
