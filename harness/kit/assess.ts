import type { RecordedEvent } from './events.ts';

/** One thing that decides whether an incident is resolved: a figure that must not be above its limit. */
export interface Objective {
  name: string;
  limit: number;
  unit: string;
  /** The figure, and the ids of the events that show it, worst first. */
  measure: (history: readonly RecordedEvent[]) => { value: number; evidence: number[] };
}

export interface AssessedObjective {
  name: string;
  /** As shown: '≤ 300 ms'. */
  limit: string;
  value: number;
  unit: string;
  met: boolean;
  /** Ids of the events that show it, worst first. */
  evidence: number[];
}

/** What an incident did, held against what "resolved" means. */
export interface Assessment {
  resolved: boolean;
  objectives: AssessedObjective[];
}

/** Holds a history to the objectives. Pure. */
export function assess(objectives: readonly Objective[], history: readonly RecordedEvent[]): Assessment {
  const assessed = objectives.map(({ name, limit, unit, measure }) => {
    const { value, evidence } = measure(history);
    return { name, limit: `≤ ${limit}${unit && ` ${unit}`}`, value, unit, met: value <= limit, evidence };
  });
  return { resolved: assessed.every(({ met }) => met), objectives: assessed };
}
