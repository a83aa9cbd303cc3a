import type { RecordedEvent } from '../kit/events.ts';
import { dyeOf, eventLine, isBadNews } from './event-text.ts';
import { timeOfDay } from './figures.ts';
import { type Ink, inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart, widthOf } from './text.ts';

/** A stretch of the timeline with many events, or one event that was a turn in it. `at` in ms since the epoch. */
export type TimelineRow =
  | { kind: 'turn'; at: number; event: RecordedEvent }
  | { kind: 'stretch'; at: number; count: number; types: { type: string; count: number }[] };

/** A type that occurs so often, or less, is a turn in the story (a job is cut, a circuit opens) and gets its own row. */
const RARE = 6;
/** A history this short is shown event by event. */
const SHORT = 40;

/**
 * Folds a history into some `most` stretches of equal length; the rare events of a stretch stand below it. In a stretch
 * the bad news comes first, the rarest first: what happens seldom tells most.
 */
export function timeline(history: readonly RecordedEvent[], most = 30): TimelineRow[] {
  const times = history.map(({ time }) => Date.parse(time));
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const counts = countByType(history);
  const limit = history.length <= SHORT ? Number.POSITIVE_INFINITY : RARE;
  const length = stretchLength(last - first, most);
  const cells = new Map<number, RecordedEvent[]>();
  for (const [n, event] of history.entries()) {
    const cell = Math.floor(((times[n] ?? first) - first) / length);
    const events = cells.get(cell);
    if (events) events.push(event);
    else cells.set(cell, [event]);
  }
  const rank = (type: string) => {
    const often = counts.get(type) ?? 0;
    if (isBadNews(type)) return often;
    return (/(Started|Began|Ended)$/.test(type) ? 2e9 : 1e9) - often;
  };
  const isTurn = ({ type }: RecordedEvent) => (counts.get(type) ?? 0) <= limit || isCause(type, counts);
  return [...cells].flatMap(([cell, events]): TimelineRow[] => {
    const turns = events.filter(isTurn);
    const common = countByType(events.filter((event) => !isTurn(event)));
    const types = [...common].map(([type, count]) => ({ type, count })).sort((a, b) => rank(a.type) - rank(b.type));
    const count = types.reduce((sum, row) => sum + row.count, 0);
    return [
      ...(count > 0 ? [{ kind: 'stretch' as const, at: first + cell * length, count, types }] : []),
      ...turns.map((event) => ({ kind: 'turn' as const, at: Date.parse(event.time), event })),
    ];
  });
}

/** A fault of the script's begins: what all the rest follows from. */
const isCause = (type: string, counts: Map<string, number>) =>
  /Fault(Began|Started)$/.test(type) && (counts.get(type) ?? 0) <= 30;

function countByType(events: readonly RecordedEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** The shortest round length, in ms, that needs no more than `most` stretches. */
function stretchLength(span: number, most: number): number {
  const rounds = [100, 500, 1000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 3_600_000];
  return rounds.find((length) => span / length < most) ?? Math.ceil(span / most);
}

const BAR = 8;

/** The lines of a row; `busiest` is the most events of any stretch, which gets the longest bar. */
export function timelineRowLines(row: TimelineRow, busiest: number, screen: Screen): string[] {
  if (row.kind === 'turn') return [eventLine(row.event, screen, 18)];
  const ink = inkOf(screen);
  const bar = padEnd('▪'.repeat(Math.max(1, Math.round((row.count / busiest) * BAR))), BAR);
  const start = `  ${timeOfDay(new Date(row.at).toISOString())}  ${padStart(String(row.count), 6)}  ${bar}  `;
  return [ink.faint(start) + packed(row.types, screen.columns - start.length, ink)];
}

/** As many of the types as fit. */
function packed(types: readonly { type: string; count: number }[], columns: number, ink: Ink): string {
  let [shown, width] = ['', 0];
  for (const { type, count } of types) {
    const cell = fit(`${count} ${type}`, columns - 2);
    if (width > 0 && width + 3 + widthOf(cell) > columns - 2) return `${shown} …`;
    const dyed = isBadNews(type) ? dyeOf(type, ink)(cell) : cell;
    shown = width > 0 ? `${shown} · ${dyed}` : dyed;
    width += widthOf(cell) + (width > 0 ? 3 : 0);
  }
  return shown;
}

export function busiestOf(rows: readonly TimelineRow[]): number {
  return Math.max(1, ...rows.map((row) => (row.kind === 'stretch' ? row.count : 0)));
}

export function timelineLines(history: readonly RecordedEvent[], screen: Screen): string[] {
  const rows = timeline(history);
  const busiest = busiestOf(rows);
  return rows.flatMap((row) => timelineRowLines(row, busiest, screen));
}
