import type { Assessment, BehaviourResult, Objective, Verdict } from '../grading/verdict.ts';
import type { RecordedEvent } from '../kit/events.ts';

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
