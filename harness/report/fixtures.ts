import type { Assessment, BehaviourResult, Objective, Verdict } from '../grading/verdict.ts';
import type { RecordedEvent } from '../kit/events.ts';
import type { Measures, MeasuresBeside } from '../kit/measures.ts';

/** Builders for the tests of reports. */

export const narrow = { columns: 80, colour: false };

export function event(id: number, type: string, seconds: number, more: Partial<RecordedEvent> = {}): RecordedEvent {
  const time = new Date(Date.UTC(2026, 2, 3, 9, 41) + seconds * 1000).toISOString();
  const metadata = { correlationId: 'q-1', causationId: null };
  return { id, stream: 'q-1', revision: 0, type, time, data: {}, metadata, ...more };
}

export function objective(name: string, value: number, met: boolean, more: Partial<Objective> = {}): Objective {
  return { name, limit: '0', value, unit: 'questions', met, evidence: [], ...more };
}

export function assessment(...objectives: Objective[]): Assessment {
  return { resolved: objectives.every(({ met }) => met), objectives };
}

export function rule(id: string, over: Partial<BehaviourResult> = {}): BehaviourResult {
  const passed = over.message === undefined || over.message === null;
  return {
    id,
    title: id,
    points: 2,
    passed,
    message: null,
    event: null,
    seed: null,
    kind: passed ? null : 'rule',
    ...over,
  };
}

export function verdict(behaviours: BehaviourResult[], over: Partial<Verdict> = {}): Verdict {
  const score = behaviours.reduce((sum, { passed, points }) => sum + (passed ? points : 0), 0);
  const green = behaviours.length > 0 && behaviours.every(({ passed }) => passed);
  return { id: '1.8', verdict: green ? 'pass' : 'fail', score, behaviours, seeds: [1], durationMs: 40, ...over };
}

/** nDCG@10 as given, a row for each step and a column for each class; recall is above it and MRR below. */
export function measured(steps: Record<string, (number | null)[]>, ...classes: string[]): Measures {
  const metric = (name: string, by: number) => ({
    name,
    values: Object.values(steps).map((row) => row.map((value) => value && Math.min(1, value * by))),
  });
  return {
    title: 'How good retrieval is, step by step',
    steps: Object.keys(steps),
    classes: classes.map((name, n) => ({ name, questions: 20 + n })),
    metrics: [metric('recall@10', 1.2), metric('nDCG@10', 1), metric('MRR', 0.9)],
  };
}

const CLASSES = [
  'exact identifier',
  'paraphrase',
  'version-sensitive',
  'multi-passage',
  'unanswerable',
  'other tenant',
  'injected',
];

/** All steps and classes of group 5, with figures of their kind. */
export const measures: MeasuresBeside = {
  recorded: measured(
    {
      nothing: [0, 0, 0, 0, null, 0, 0],
      naive: [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      chunked: [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      filtered: [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      hybrid: [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      'multi-stage': [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      're-ranked': [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      'your code': [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
    },
    ...CLASSES,
  ),
  now: measured(
    {
      nothing: [0, 0, 0, 0, null, 0, 0],
      naive: [0.21, 0.44, 0.18, 0.3, null, 0.4, 0.42],
      chunked: [0.36, 0.58, 0.27, 0.44, null, 0.57, 0.58],
      filtered: [0.47, 0.66, 0.71, 0.52, null, 0.66, 0.62],
      hybrid: [0.89, 0.62, 0.72, 0.6, null, 0.67, 0.62],
      'multi-stage': [0.89, 0.62, 0.72, 0.6, null, 0.67, 0.62],
      're-ranked': [0.92, 0.71, 0.78, 0.66, null, 0.7, 0.7],
      'your code': [0.92, 0.71, 0.78, 0.66, null, 0.7, 0.7],
    },
    ...CLASSES,
  ),
};
