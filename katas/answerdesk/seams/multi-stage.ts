import type { Emit, SeamEvent } from '../domain.ts';
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
  score: (question: string, candidates: readonly Hit[], signal: AbortSignal) => Promise<readonly Hit[]>;
}

export interface MultiStagePorts {
  /** The cheap, wide one. */
  first: Search;
  /** Cheapest first. */
  stages: readonly Stage[];
  emit: Emit<SeamEvent>;
}

export interface MultiStageSettings {
  /** How many the first search brings. */
  wide: number;
  /** A lead of the best over the second (their scores' ratio) at which later stages are left out. Absent: never. */
  clearLead?: number;
  /** With so many candidates or fewer no stage in between pays: the last one scores them all, if it takes so many. */
  fewAreEnough: number;
}

export interface StageReport {
  name: string;
  took: number;
  kept: number;
  outcome: 'done' | 'skipped' | 'failed' | 'too late';
}

export interface Staged {
  hits: readonly Hit[];
  /** The first search and every stage, in their order. */
  stages: readonly StageReport[];
}

/** Which share of the relevant passages is still there after each stage, over all judged questions, in their order. */
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
