import type { MeasuresBeside } from '../kit/measures.ts';
import type { ChainReport } from './chain.ts';
import type { Course } from './course.ts';
import type { Coverage, Damage } from './learning-events.ts';
import {
  type GroupOnMap,
  type GroupState,
  type KataOnMap,
  type KataState,
  mapOf,
  type NextUp,
} from './learning-map.ts';
import { receiptText } from './receipt.ts';
import type { Standing } from './standing.ts';
import type { Moment } from './timeline.ts';

/** `pnpm kata report --format json`: docs/report.schema.json. Times are ISO 8601 UTC, durations ms. */
export interface ProgressReport {
  report: 'incident-katas/progress';
  version: 1;
  generatedAt: string;
  learner: { id: string; name: string | null; cohort: string };
  history: {
    events: number;
    /** To be kept elsewhere: it vouches for everything before it. Null before the first event. */
    receipt: string | null;
    intact: boolean;
    /** What was tampered with; null where nothing was. */
    breach: { kind: string; n: number; says: string } | null;
    clockSetBack: { times: number; mostMs: number };
  };
  summary: {
    katas: number;
    here: number;
    states: Record<KataState, number>;
    score: number;
    points: number;
    groupsResolved: number;
    attempts: number;
    workedMs: number;
    hints: number;
    solutionsBeforeGreen: number;
    notes: number;
    orderDeviations: number;
  };
  next: { kata: string | null; group: number | null; why: string };
  groups: GroupReport[];
  timeline: Moment[];
}

export interface GroupReport {
  number: number;
  name: string;
  here: boolean;
  size: number;
  state: GroupState;
  says: string;
  resolvedAt: string | null;
  damage: { recorded: Damage | null; first: Damage | null; last: Damage | null };
  /** How good retrieval is, step by step; null where nothing was measured. */
  measures: MeasuresBeside | null;
  katas: KataReport[];
}

export interface KataReport {
  id: string;
  title: string;
  pattern: string;
  path: string;
  state: KataState;
  says: string;
  score: number;
  points: number;
  /** Edition of the suite now, as this history counts them. */
  version: number;
  behaviours: { id: string; points: number; passed: boolean | null }[];
  /** Of the answer, on the suite as it is now; null where it was not measured. */
  coverage: Coverage | null;
  runs: number;
  attempts: number;
  attemptsToGreen: number | null;
  startedAt: string | null;
  solvedAt: string | null;
  /** From the first attempt to green by the clock; null before that. */
  timeToGreenMs: number | null;
  /** The same without pauses. */
  workedMs: number;
  hints: { taken: number; beforeGreen: number; level: number };
  solution: 'not seen' | 'before green' | 'after green';
  notes: { words: number; at: string } | null;
  orderDeviation: { instead: string; skipped: number } | null;
}

export interface ReportSource {
  course: Course;
  standing: Standing;
  timeline: Moment[];
  chain: ChainReport;
  learner: ProgressReport['learner'];
  /** ISO 8601 */
  now: string;
}

/** Everything that a report says, from what is known. Pure. */
export function progressReport({ course, standing, timeline, chain, learner, now }: ReportSource): ProgressReport {
  const map = mapOf(course, standing);
  const groups = map.groups.map(groupReport);
  const katas = groups.flatMap((group) => group.katas);
  const sum = (of: (kata: KataReport) => number) => katas.reduce((total, kata) => total + of(kata), 0);
  return {
    report: 'incident-katas/progress',
    version: 1,
    generatedAt: now,
    learner,
    history: {
      events: standing.events,
      receipt: chain.head.n > 0 ? receiptText({ learner: learner.id, ...chain.head }) : null,
      intact: chain.intact,
      breach: chain.intact ? null : chain.breach,
      clockSetBack: { times: standing.clock.jumps, mostMs: standing.clock.mostBackMs },
    },
    summary: {
      katas: map.size,
      here: katas.length,
      states: map.states,
      score: map.score,
      points: map.points,
      groupsResolved: map.resolved,
      attempts: sum(({ attempts }) => attempts),
      workedMs: sum(({ workedMs }) => workedMs),
      hints: sum(({ hints }) => hints.taken),
      solutionsBeforeGreen: sum(({ solution }) => (solution === 'before green' ? 1 : 0)),
      notes: sum(({ notes }) => (notes ? 1 : 0)),
      orderDeviations: sum(({ orderDeviation }) => (orderDeviation ? 1 : 0)),
    },
    next: nextReport(map.next),
    groups,
    timeline,
  };
}

function nextReport(next: NextUp): ProgressReport['next'] {
  const { kind, why } = next;
  return {
    kata: kind === 'kata' ? next.kata.id : null,
    group: kind === 'end' ? null : next.group.number,
    why,
  };
}

function groupReport({ number, name, here, size, state, says, standing, katas }: GroupOnMap): GroupReport {
  const { recorded, first, last, measures, resolvedAt } = standing;
  const damage = { recorded, first: first?.damage ?? null, last: last?.damage ?? null };
  return { number, name, here, size, state, says, resolvedAt, damage, measures, katas: katas.map(kataReport) };
}

function kataReport({ standing, result, behaviours, ...kata }: KataOnMap): KataReport {
  const { id, title, pattern, path, state, says, points, version } = kata;
  const { runs, attempts, attemptsToGreen, startedAt, solvedAt, workedMs, hints, solution, notes, deviated } = standing;
  // What an earlier suite or an earlier answer came to is not what this one would.
  const current = result?.digest === kata.edition && state !== 'edited' ? result : null;
  const began = startedAt ?? standing.seenAt;
  return {
    id,
    title,
    pattern,
    path,
    state,
    says,
    score: current?.score ?? 0,
    points,
    version,
    behaviours: behaviours.map((behaviour) => {
      const passed = current?.behaviours.find((one) => one.id === behaviour.id)?.passed ?? null;
      return { ...behaviour, passed };
    }),
    coverage: current?.coverage ?? null,
    runs,
    attempts,
    attemptsToGreen,
    startedAt,
    solvedAt,
    timeToGreenMs: solvedAt !== null && began !== null ? Date.parse(solvedAt) - Date.parse(began) : null,
    workedMs,
    hints,
    solution: !solution ? 'not seen' : solution.afterGreen ? 'after green' : 'before green',
    notes: notes && { words: notes.words, at: notes.at },
    orderDeviation: deviated && { instead: deviated.instead, skipped: deviated.skipped },
  };
}
