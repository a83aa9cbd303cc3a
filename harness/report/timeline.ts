import type { RecordedEvent } from '../kit/events.ts';
import { dyeOf, eventLine, isBadNews } from './event-text.ts';
import { timeOfDay } from './figures.ts';
import { type Ink, inkOf, type Screen } from './screen.ts';
import { padEnd, padStart, widthOf } from './text.ts';

/** A stretch of the timeline with many events, or one event that was a turn in it. `at` in ms since the epoch. */
export type TimelineRow =
  | { kind: 'turn'; at: number; event: RecordedEvent }
  | { kind: 'stretch'; at: number; until: number; count: number; types: { type: string; count: number }[] };

/** A type that occurs so often, or less, is a turn in the story (a fault starts, a circuit opens) and gets its own row. */
const RARE = 6;

/** Folds a history into some `most` stretches of equal length with the rare events between them. */
export function timeline(history: readonly RecordedEvent[], most = 24): TimelineRow[] {
  const times = history.map(({ time }) => Date.parse(time));
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const length = stretchLength(last - first, most);
  const rare = new Set(rareTypes(history));
  const rows: TimelineRow[] = [];
  for (const [n, event] of history.entries()) {
    const at = times[n] ?? first;
    if (rare.has(event.type)) {
      rows.push({ kind: 'turn', at, event });
      continue;
    }
    const start = first + Math.floor((at - first) / length) * length;
    const open = rows.at(-1);
    const row = open?.kind === 'stretch' && open.at <= at && at < open.until ? open : undefined;
    if (row) row.count++;
    else
      rows.push({
        kind: 'stretch',
        at: Math.max(start, turnBefore(rows) ?? start),
        until: start + length,
        count: 1,
        types: [],
      });
    const { types } = rows.at(-1) as Extract<TimelineRow, { kind: 'stretch' }>;
    const known = types.find(({ type }) => type === event.type);
    if (known) known.count++;
    else types.push({ type: event.type, count: 1 });
  }
  return rows;
}

const turnBefore = (rows: readonly TimelineRow[]) => {
  const row = rows.at(-1);
  return row?.kind === 'turn' ? row.at : undefined;
};

function rareTypes(history: readonly RecordedEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const { type } of history) counts.set(type, (counts.get(type) ?? 0) + 1);
  const limit = history.length <= 40 ? Number.POSITIVE_INFINITY : RARE;
  return [...counts].filter(([, count]) => count <= limit).map(([type]) => type);
}

/** The shortest round length, in ms, that needs no more than `most` stretches. */
function stretchLength(span: number, most: number): number {
  const rounds = [100, 500, 1000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000];
  return rounds.find((length) => span / length < most) ?? Math.ceil(span / most);
}

const BAR = 10;

/** Lines for rows; `busiest` is the most events of any stretch, which gets the longest bar. */
export function timelineRowLines(row: TimelineRow, busiest: number, screen: Screen): string[] {
  if (row.kind === 'turn') return [eventLine(row.event, screen, 26)];
  const ink = inkOf(screen);
  const bar = padEnd('▪'.repeat(Math.max(1, Math.round((row.count / busiest) * BAR))), BAR);
  const start = `  ${timeOfDay(new Date(row.at).toISOString())}  ${padStart(String(row.count), 6)}  ${bar}  `;
  const [first = '', ...more] = packed(row.types, screen.columns - start.length, ink);
  return [ink.faint(start) + first, ...more.map((line) => ' '.repeat(start.length) + line)];
}

/** Bad news first, then the most frequent; as many a line as fit. */
function packed(types: readonly { type: string; count: number }[], columns: number, ink: Ink): string[] {
  const sorted = [...types].sort((a, b) => +isBadNews(b.type) - +isBadNews(a.type) || b.count - a.count);
  const lines: string[] = [];
  for (const { type, count } of sorted) {
    const cell = `${count} ${isBadNews(type) ? dyeOf(type, ink)(type) : type}`;
    const open = lines.at(-1);
    if (open !== undefined && widthOf(open) + 3 + widthOf(cell) <= columns)
      lines[lines.length - 1] = `${open} · ${cell}`;
    else lines.push(cell);
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
