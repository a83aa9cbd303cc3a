import type { RecordedEvent } from '../kit/events.ts';
import { diffLines } from './diff.ts';
import { dataText, dyeOf } from './event-text.ts';
import { timeOfDay } from './figures.ts';
import { inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart } from './text.ts';

/** Two columns with room for code, or one under the other in diff's manner. */
const BESIDE = 120;

/** The learner's file beside the solution. */
export function codeBeside(mine: string, solution: string, screen: Screen): string[] {
  const ink = inkOf(screen);
  const rows = diffLines(linesOf(mine), linesOf(solution));
  if (screen.columns < BESIDE) {
    return [
      ink.faint('  -  yours'),
      ink.faint('  +  the solution'),
      '',
      ...stacked(rows).map(([sign, text]) => {
        const line = fit(`  ${sign}  ${text}`, screen.columns);
        return (sign === '-' ? ink.bad(line) : sign === '+' ? ink.good(line) : line).trimEnd();
      }),
    ];
  }
  const half = Math.floor((screen.columns - 5) / 2);
  return [
    ink.faint(`  ${padEnd('yours', half)} │ the solution`),
    ...rows.map(({ left, right, same }) => {
      const [mineText, theirs] = [padEnd(fit(left ?? '', half), half), fit(right ?? '', half)];
      return (
        same ? `  ${mineText} │ ${theirs}` : `  ${ink.bad(mineText)} ${ink.strong('≠')} ${ink.good(theirs)}`
      ).trimEnd();
    }),
  ];
}

const linesOf = (text: string) => text.replace(/\n$/, '').replaceAll('\t', '  ').split('\n');

/** Within a run of changed lines, all that go before all that come. */
function stacked(rows: ReturnType<typeof diffLines>): ['-' | '+' | ' ', string][] {
  const lines: ['-' | '+' | ' ', string][] = [];
  let coming: ['+', string][] = [];
  for (const { left, right, same } of rows) {
    if (same) {
      lines.push(...coming, [' ', left ?? '']);
      coming = [];
      continue;
    }
    if (left !== null) lines.push(['-', left]);
    if (right !== null) coming.push(['+', right]);
  }
  return [...lines, ...coming];
}

/** How often each event happened in two runs of the same replay, where the two differ; the widest gap first. */
export function countsBeside(
  mine: readonly RecordedEvent[],
  theirs: readonly RecordedEvent[],
): { type: string; mine: number; theirs: number }[] {
  const tally = (events: readonly RecordedEvent[], type: string) =>
    events.filter((event) => event.type === type).length;
  const types = [...new Set([...mine, ...theirs].map(({ type }) => type))];
  return types
    .map((type) => ({ type, mine: tally(mine, type), theirs: tally(theirs, type) }))
    .filter((row) => row.mine !== row.theirs)
    .sort((a, b) => Math.abs(b.mine - b.theirs) - Math.abs(a.mine - a.theirs));
}

const keyOf = (event: RecordedEvent) => `${event.time} ${event.stream} ${event.type} ${JSON.stringify(event.data)}`;

/** The two timelines from where they part, `most` rows of them. Null when both runs did the same. */
export function timelinesBeside(
  mine: readonly RecordedEvent[],
  theirs: readonly RecordedEvent[],
  screen: Screen,
  most = 24,
): string[] | null {
  const length = Math.max(mine.length, theirs.length);
  let parts = 0;
  while (
    parts < length &&
    mine[parts] &&
    theirs[parts] &&
    keyOf(mine[parts] as RecordedEvent) === keyOf(theirs[parts] as RecordedEvent)
  )
    parts++;
  if (parts === length) return null;
  const from = Math.max(0, parts - 2);
  const rows = merged(mine.slice(from, from + 4 * most), theirs.slice(from, from + 4 * most)).slice(0, most);
  const ink = inkOf(screen);
  const half = Math.floor((screen.columns - 2 - 10 - 4 - 3) / 2);
  const cell = (event: RecordedEvent | undefined) => {
    if (!event) return ' '.repeat(half);
    const text = padEnd(fit(`${event.type}  ${dataText(event.data)}`, half), half);
    return dyeOf(event.type, ink)(text);
  };
  return [
    ink.faint(`  ${padEnd('', 10)}  ${padEnd('yours', half)} │ the solution`),
    ...rows.map(({ time, left, right }) =>
      `  ${ink.faint(padStart(timeOfDay(time), 10))}  ${cell(left)} │ ${cell(right)}`.trimEnd(),
    ),
  ];
}

/** One row for an event that both have at the same instant, one for each that only one of them has; by time. */
function merged(
  mine: readonly RecordedEvent[],
  theirs: readonly RecordedEvent[],
): { time: string; left?: RecordedEvent; right?: RecordedEvent }[] {
  const rows: { time: string; left?: RecordedEvent; right?: RecordedEvent }[] = [];
  const rest = [...theirs];
  for (const left of mine) {
    while (rest[0] && rest[0].time < left.time) {
      const right = rest.shift() as RecordedEvent;
      rows.push({ time: right.time, right });
    }
    const twin = rest.findIndex(
      (event) => event.time === left.time && event.type === left.type && event.stream === left.stream,
    );
    const [right] = twin < 0 ? [] : rest.splice(twin, 1);
    rows.push({ time: left.time, left, ...(right && { right }) });
  }
  rows.push(...rest.map((right) => ({ time: right.time, right })));
  return rows.sort((a, b) => a.time.localeCompare(b.time));
}
