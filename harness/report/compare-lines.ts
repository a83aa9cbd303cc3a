import type { RecordedEvent } from '../kit/events.ts';
import { diffLines } from './diff.ts';
import { dataText, dyeOf } from './event-text.ts';
import { count, timeOfDay } from './figures.ts';
import { inkOf, type Screen } from './screen.ts';
import { breakCode, fit, padEnd, padStart } from './text.ts';

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
      ...stacked(rows).flatMap(([sign, text]) => {
        const dye = sign === '-' ? ink.bad : sign === '+' ? ink.good : plain;
        return breakCode(text, screen.columns - 5).map((piece, n) =>
          dye(`  ${n === 0 ? sign : ' '}  ${piece}`.trimEnd()),
        );
      }),
    ];
  }
  const half = Math.floor((screen.columns - 5) / 2);
  return [
    ink.faint(`  ${padEnd('yours', half)} │ the solution`),
    ...rows.flatMap(({ left, right, same }) => {
      const [mine, theirs] = [breakCode(left ?? '', half), breakCode(right ?? '', half)];
      return Array.from({ length: Math.max(mine.length, theirs.length) }, (_, n) => {
        const [one, other] = [padEnd(mine[n] ?? '', half), theirs[n] ?? ''];
        const between = same ? '│' : n === 0 ? ink.strong('≠') : ' ';
        return `  ${same ? one : ink.bad(one)} ${between} ${same ? other : ink.good(other)}`.trimEnd();
      });
    }),
  ];
}

const plain = (text: string) => text;
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
  const from = Math.max(0, parts - 1);
  const rows = merged(mine.slice(from, from + 8 * most), theirs.slice(from, from + 8 * most));
  const ink = inkOf(screen);
  const half = Math.floor((screen.columns - 2 - 10 - 2 - 3) / 2);
  const cell = (event: RecordedEvent | undefined) => {
    const text = padEnd(event ? fit(eventCell(event, half), half) : '', half);
    return event ? dyeOf(event.type, ink)(text) : text;
  };
  return [
    ink.faint(`  ${padEnd('', 10)}  ${padEnd('yours', half)} │ the solution`),
    ...folded(rows)
      .slice(0, most)
      .map((row) => {
        if (typeof row === 'number') return ink.faint(`  ${padEnd('', 10)}  … ${count(row, 'event')} alike`);
        return `  ${ink.faint(padStart(timeOfDay(row.time), 10))}  ${cell(row.left)} │ ${cell(row.right)}`.trimEnd();
      }),
  ];
}

/** Where there is little room, the first of its values (the question, the call) says which one it is. */
function eventCell({ type, data }: RecordedEvent, columns: number): string {
  const text = dataText(data);
  return `${type}  ${columns < 44 ? (/\S+$/.exec(text.split(' · ')[0] ?? '')?.[0] ?? '') : text}`;
}

interface Pair {
  time: string;
  left?: RecordedEvent;
  right?: RecordedEvent;
}

/** A run of events that are the same in both is only counted: a number in place of its rows. */
function folded(rows: readonly Pair[]): (Pair | number)[] {
  const shown: (Pair | number)[] = [];
  for (const row of rows) {
    const last = shown.at(-1);
    if (!row.left || !row.right || keyOf(row.left) !== keyOf(row.right)) shown.push(row);
    else if (typeof last === 'number') shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}

/** One row for an event that both have at the same instant, one for each that only one of them has; by time. */
function merged(mine: readonly RecordedEvent[], theirs: readonly RecordedEvent[]): Pair[] {
  const rows: Pair[] = [];
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
