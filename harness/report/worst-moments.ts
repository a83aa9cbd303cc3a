import type { Assessment } from '../grading/verdict.ts';
import type { RecordedEvent } from '../kit/events.ts';
import { eventLine } from './event-text.ts';
import type { Screen } from './screen.ts';

/**
 * The events that show the damage best: the worst evidence of each objective that isn't met, then the second worst of
 * each, until there are `most`; in the order in which they happened.
 */
export function worstMoments(history: readonly RecordedEvent[], { objectives }: Assessment, most = 5): RecordedEvent[] {
  const evidence = objectives.filter(({ met }) => !met).map((objective) => objective.evidence);
  const deepest = Math.max(0, ...evidence.map((ids) => ids.length));
  const ranked = Array.from({ length: deepest }, (_, rank) => evidence.flatMap((ids) => ids[rank] ?? [])).flat();
  const chosen = new Set([...new Set(ranked)].slice(0, most));
  return history.filter(({ id }) => chosen.has(id));
}

export function worstMomentLines(moments: readonly RecordedEvent[], screen: Screen): string[] {
  const longest = Math.max(0, ...moments.map(({ type }) => type.length));
  return moments.map((event) => eventLine(event, screen, Math.min(28, longest)));
}
