import type { GroupReport } from '../progress/progress-report.ts';
import { limitOf } from './damage.ts';
import { quantity } from './figures.ts';
import { escaped } from './markup.ts';

type Figure = NonNullable<GroupReport['damage']['last']>['objectives'][number];

const [WIDTH, NAME, BAR, ROW] = [720, 240, 340, 58];

/** The damage before and after as SVG: two bars for each objective, and the limit as a line across them. */
export function damagePicture({ number, damage }: GroupReport): string {
  const { recorded, first, last } = damage;
  const before = recorded ?? first;
  if (!last || !before) return '';
  const rows = last.objectives.map((now, n) =>
    rowOf(
      before.objectives.find(({ name }) => name === now.name),
      now,
      n,
    ),
  );
  const height = last.objectives.length * ROW + 24;
  const says = last.objectives.map((now) => {
    const was = before.objectives.find(({ name }) => name === now.name);
    return `${now.name}: ${was ? quantity(was.value, was.unit) : 'unknown'} before, ${quantity(now.value, now.unit)} now, ${limitOf({ ...now, evidence: [] })} asked.`;
  });
  return [
    `<svg class="damage" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="damage-${number}">`,
    `<title id="damage-${number}">Damage of group ${number}. ${escaped(says.join(' '))}</title>`,
    `<text class="faint" x="${NAME}" y="12">as recorded, and now; the line is the limit</text>`,
    ...rows,
    '</svg>',
  ].join('\n');
}

/** Each objective on a scale of its own, from 0 to the largest of its figures. */
function rowOf(was: Figure | undefined, now: Figure, n: number): string {
  const limit = Number(/[\d.]+/.exec(now.limit.replaceAll(',', ''))?.[0] ?? 0);
  const most = Math.max(was?.value ?? 0, now.value, limit, 1e-9);
  const at = (value: number) => Math.round(Math.min(1, Math.max(0, value) / most) * BAR);
  const y = 24 + n * ROW;
  const bar = (value: number, top: number, tone: string) =>
    `<rect class="${tone}" x="${NAME}" y="${top}" width="${Math.max(2, at(value))}" height="16" rx="2"/>`;
  const figure = (one: Figure, top: number) =>
    `<text x="${NAME + Math.max(2, at(one.value)) + 6}" y="${top + 12}">${escaped(quantity(one.value, one.unit))}</text>`;
  const x = NAME + at(limit);
  return [
    `<text x="0" y="${y + 16}">${escaped(shortened(now.name))}</text>`,
    `<text class="faint" x="0" y="${y + 34}">${now.met ? '✓ met' : '✗ not met'}, limit ${escaped(limitOf({ ...now, evidence: [] }))}</text>`,
    ...(was ? [bar(was.value, y, 'before'), figure(was, y)] : []),
    bar(now.value, y + 20, now.met ? 'good' : 'bad'),
    figure(now, y + 20),
    `<line class="limit" x1="${x}" x2="${x}" y1="${y - 3}" y2="${y + 40}"/>`,
  ].join('\n');
}

const shortened = (name: string): string => (name.length > 34 ? `${name.slice(0, 33)}…` : name);
