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
export function timeline(history: readonly RecordedEvent[], most = 24): TimelineRow[] {
  const times = history.map(({ time }) => Date.parse(time));
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const counts = countByType(history);
  const limit = history.length <= SHORT ? Number.POSITIVE_INFINITY : RARE;
  const length = stretchLength(last - first, most);
  const cells = new Map<number, RecordedEvent[]>();
  for (const [n, event] of history.entries()) {
    const cell = Math.floor(((times[n] ?? first) - first) / length);
    cells.set(cell, [...(cells.get(cell) ?? []), event]);
  }
  const rank = (type: string) => (isBadNews(type) ? 0 : 1e9) + (counts.get(type) ?? 0) * (isBadNews(type) ? 1 : -1);
  return [...cells].flatMap(([cell, events]): TimelineRow[] => {
    const turns = events.filter(({ type }) => (counts.get(type) ?? 0) <= limit);
    const common = countByType(events.filter(({ type }) => (counts.get(type) ?? 0) > limit));
    const types = [...common].map(([type, count]) => ({ type, count })).sort((a, b) => rank(a.type) - rank(b.type));
    const count = types.reduce((sum, row) => sum + row.count, 0);
    return [
      ...(count > 0 ? [{ kind: 'stretch' as const, at: first + cell * length, count, types }] : []),
      ...turns.map((event) => ({ kind: 'turn' as const, at: Date.parse(event.time), event })),
    ];
  });
}

function countByType(events: readonly RecordedEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

/** The shortest round length, in ms, that needs no more than `most` stretches. */
function stretchLength(span: number, most: number): number {
  const rounds = [100, 500, 1000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000];
  return rounds.find((length) => span / length < most) ?? Math.ceil(span / most);
}

const BAR = 8;

/** The lines of a row; `busiest` is the most events of any stretch, which gets the longest bar. */
export function timelineRowLines(row: TimelineRow, busiest: number, screen: Screen): string[] {
  if (row.kind === 'turn') return [eventLine(row.event, screen, 16)];
  const ink = inkOf(screen);
  const bar = padEnd('▪'.repeat(Math.max(1, Math.round((row.count / busiest) * BAR))), BAR);
  const start = `  ${timeOfDay(new Date(row.at).toISOString())}  ${padStart(String(row.count), 6)}  ${bar}  `;
  const lines = row.types.some(({ type }) => isBadNews(type)) ? 2 : 1;
  const [first = '', ...more] = packed(row.types, screen.columns - start.length, lines, ink);
  return [ink.faint(start) + first, ...more.map((line) => ' '.repeat(start.length) + line)];
}

/** As many of the types as fit on so many lines. */
function packed(types: readonly { type: string; count: number }[], columns: number, most: number, ink: Ink): string[] {
  const lines: string[] = [];
  for (const { type, count } of types) {
    const cell = fit(`${count} ${type}`, columns - 2);
    const shown = isBadNews(type) ? dyeOf(type, ink)(cell) : cell;
    const open = lines.at(-1);
    if (open !== undefined && widthOf(open) + 3 + widthOf(cell) <= columns - 2) {
      lines[lines.length - 1] = `${open} · ${shown}`;
      continue;
    }
    if (lines.length === most) {
      lines[most - 1] += ' …';
      break;
    }
    lines.push(shown);
  }
  return lines;
}

export function busiestOf(rows: readonly TimelineRow[]): number {
  return Math.max(1, ...rows.map((row) => (row.kind === 'stretch' ? row.count : 0)));
}

export function timelineLines(history: readonly RecordedEvent[], screen: Screen): string[] {
  const rows = timeline(history);
  const busiest = busiestOf(rows);
  return rows.flatMap((row) => timelineRowLines(row, busiest, screen));
}
