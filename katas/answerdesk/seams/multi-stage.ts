import type { Emit } from '../domain.ts';
import type { Hit, JudgedQuestion, Search } from '../knowledge.ts';

/** A scorer that puts candidates in a better order. It is paid for each candidate that it is given. */
export interface Stage {
  name: string;
  /** At most so many candidates go in, the best of the stage before. */
  takes: number;
  /** At most so many come out. */
  keeps: number;
  /** Not done within that time, or failed: the order before it stands. ms. */
  withinMs: number;
  /**
   * Best first. May fail, hang, or leave some out. What comes back empty, or with a passage that wasn't handed in, has
   * failed.
   */
  score: (question: string, candidates: readonly Hit[], signal: AbortSignal) => Promise<readonly Hit[]>;
}

export interface MultiStagePorts {
  /** The cheap, wide one. Where it fails there is no order to stand: so does the question. */
  first: Search;
  /** Cheapest first. */
  stages: readonly Stage[];
  emit: Emit<MultiStageEvent>;
}

export interface MultiStageEvent {
  type: 'StageFailed';
  data: { stage: string; outcome: 'failed' | 'too late' };
}

export interface MultiStageSettings {
  /** How many the first search brings. */
  wide: number;
  /**
   * A lead of the best over the second (their scores' ratio) from which on later stages are left out, whichever stage
   * gave it. There is none over a second whose score isn't above zero. Absent: never.
   */
  clearLead?: number;
  /** With so many candidates or fewer no stage in between pays: the last one scores them all, if it takes so many. */
  fewAreEnough: number;
}

export interface StageReport {
  /** `first` for the first search. */
  name: string;
  /** How many went in; of the first search as many as it brought. Skipped: 0. */
  took: number;
  /** How many go on. */
  kept: number;
  outcome: 'done' | 'skipped' | 'failed' | 'too late';
}

export interface Staged {
  hits: readonly Hit[];
  /** The first search and every stage, in their order. */
  stages: readonly StageReport[];
}

/**
 * Which share of a question's relevant passages is still there after the first search and each stage, in their order:
 * the mean over the questions that have any.
 */
export interface StageRecall {
  name: string;
  recall: number;
}

export interface MultiStage {
  search: (question: string, k: number, among?: ReadonlySet<string>) => Promise<Staged>;
  recalls: (judged: readonly JudgedQuestion[]) => Promise<readonly StageRecall[]>;
}

/** Kata 5.5. */
export type CreateMultiStage = (ports: MultiStagePorts, settings: MultiStageSettings) => MultiStage;
