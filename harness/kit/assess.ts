import type { RecordedEvent } from './events.ts';

/** One thing that decides whether an incident is resolved: a figure and the limit that it must not pass. */
export interface Objective {
  name: string;
  limit: number;
  /** Which side of the limit is asked for: a ceiling, or a floor. Default 'at most'. */
  bound?: 'at most' | 'at least';
  unit: string;
  /** The figure, and the ids of the events that show it, worst first. */
  measure: (history: readonly RecordedEvent[]) => { value: number; evidence: number[] };
}

export interface AssessedObjective {
  name: string;
  /** As shown: '≤ 300 ms', '≥ 0.60'. */
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
  const assessed = objectives.map(({ name, limit, unit, bound = 'at most', measure }) => {
    const { value, evidence } = measure(history);
    const [sign, met] = bound === 'at most' ? ['≤', value <= limit] : ['≥', value >= limit];
    return { name, limit: `${sign} ${plain(limit)}${unit && ` ${unit}`}`, value, unit, met, evidence };
  });
  return { resolved: assessed.every(({ met }) => met), objectives: assessed };
}

/** A figure as it stands in a sentence. A share keeps two decimals, and a third where it needs one: '0.60', '0.612'. */
export function plain(value: number): string {
  if (value === 0 || !(Math.abs(value) < 1)) return String(value);
  return value.toFixed(3).replace(/0$/, '');
}
