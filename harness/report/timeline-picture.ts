import type { Moment } from '../progress/timeline.ts';
import { escaped } from './markup.ts';

const [WIDTH, LEFT, ROW, TOP] = [720, 56, 22, 26];
/** A longer pause takes no more room than this. */
const PAUSE_MS = 30 * 60_000;

const MARKS: Readonly<Record<Moment['tone'], string>> = { good: '✓', bad: '✗', help: '?', plain: '·' };

/** What was done as SVG: a row for each kata and gate, in the order of time, with long pauses cut short. */
export function timelinePicture(moments: readonly Moment[]): string {
  const marks = moments.filter(({ kata, group }) => kata !== null || group !== null);
  if (marks.length < 2) return '';
  const rows = [...new Set(marks.map(rowOf))];
  const places = placesOf(marks);
  const height = TOP + rows.length * ROW + 8;
  const y = (row: string) => TOP + rows.indexOf(row) * ROW + 14;
  return [
    `<svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="timeline-title">`,
    `<title id="timeline-title">What was done when, ${marks.length} moments; the list below says each.</title>`,
    ...daysOf(marks, places).map(
      ({ day, x }) =>
        `<text class="faint" x="${x}" y="12">${day}</text><line class="day" x1="${x}" x2="${x}" y1="16" y2="${height}"/>`,
    ),
    ...rows.map(
      (row) =>
        `<text x="0" y="${y(row)}">${escaped(row)}</text><line class="row" x1="${LEFT}" x2="${WIDTH}" y1="${y(row) - 4}" y2="${y(row) - 4}"/>`,
    ),
    ...marks.map((moment, n) => {
      const title = `<title>${escaped(`${moment.at.slice(0, 16).replace('T', ' ')} ${moment.says}`)}</title>`;
      return `<text class="${moment.tone}" text-anchor="middle" x="${places[n]}" y="${y(rowOf(moment))}">${MARKS[moment.tone]}${title}</text>`;
    }),
    '</svg>',
  ].join('\n');
}

const rowOf = ({ kata, group }: Moment): string => kata ?? `group ${group}`;

function placesOf(moments: readonly Moment[]): number[] {
  let sum = 0;
  const worked = moments.map(({ at }, n) => {
    const before = moments[n - 1];
    if (before) sum += Math.min(PAUSE_MS, Math.max(0, Date.parse(at) - Date.parse(before.at)));
    return sum;
  });
  return worked.map((ms) => Math.round(LEFT + 10 + (ms / Math.max(1, sum)) * (WIDTH - LEFT - 20)));
}

/** The first moment of each day, as long as the dates have room beside one another. */
function daysOf(moments: readonly Moment[], places: readonly number[]): { day: string; x: number }[] {
  const days: { day: string; x: number }[] = [];
  for (const [n, { at }] of moments.entries()) {
    const [day, x] = [at.slice(0, 10), places[n] ?? 0];
    const last = days.at(-1);
    if (!last || (last.day !== day && x - last.x > 80)) days.push({ day, x: Math.min(x, WIDTH - 70) });
  }
  return days;
}
