import type { Measures, MeasuresBeside } from '../kit/measures.ts';
import { escaped } from './markup.ts';
import { measuredClasses, shareOf, shareText } from './measures.ts';
import { fit, wrap } from './text.ts';

const [WIDTH, LEFT, RIGHT, TOP] = [820, 64, 600, 30];
const [LABELS, LINE] = [640, 16];
/** A class is told by its label and its dashes; its colour only helps. */
const DASHES = ['', '9 4', '2 4', '10 4 2 4', '4 3', '18 5', '1 3', '10 3 2 3 2 3'];

interface Point {
  step: string;
  x: number;
  share: number | null;
}

interface Curve {
  name: string;
  /** Which of the dashes and colours. */
  kind: number;
  now: Point[];
  recorded: Point[];
  /** The last point that was measured. */
  end: Point & { share: number };
}

/** One metric as an SVG line plot: steps on x, a line for each class with its name at the end, what was recorded faint. */
export function metricPicture(measures: MeasuresBeside, metric: string, id: string): string {
  const curves = curvesOf(measures, metric);
  if (curves.length === 0) return '';
  const bottom = TOP + Math.max(210, curves.length * LINE);
  const y = (share: number) => round(bottom - Math.min(1, Math.max(0, share)) * (bottom - TOP));
  const steps = measures.now.steps.map((step) => wrap(step, 12).slice(0, 3));
  const height = bottom + 12 + Math.max(...steps.map((words) => words.length)) * 14;
  const labels = apart(
    curves.map(({ end }) => y(end.share)),
    LINE,
    TOP,
    bottom,
  );
  const said = curves.map(({ name, now }) => `${name}: ${now.map((point) => inWords(point)).join(', ')}`);
  return [
    `<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}">`,
    `<title id="${id}">${escaped(`${metric} by step. ${said.join('; ')}.`)}</title>`,
    `<text x="0" y="14">${escaped(metric)}</text>`,
    ...(measures.recorded
      ? [`<text class="faint" x="${RIGHT}" y="14" text-anchor="end">faint: as recorded</text>`]
      : []),
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => levelOf(share, y)),
    ...steps.flatMap((words, n) =>
      words.map((word, row) => stepText(word, xOf(n, steps.length), bottom + 18 + row * 14)),
    ),
    ...curves.map(({ kind, recorded }) => pathOf(`was k${kind}`, kind, recorded, y)),
    ...curves.map(({ kind, now }) => pathOf(`k${kind}`, kind, now, y)),
    ...curves.flatMap((curve) => dotsOf(curve, y)),
    ...curves.map((curve, n) => labelOf(curve, y(curve.end.share), labels[n] ?? 0)),
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n');
}

function curvesOf({ recorded, now }: MeasuresBeside, metric: string): Curve[] {
  const points = (measures: Measures | null, name: string) =>
    now.steps.map((step, n) => ({ step, x: xOf(n, now.steps.length), share: shareOf(measures, metric, step, name) }));
  return measuredClasses(now, metric).flatMap(({ name }, n) => {
    const present = points(now, name);
    const end = present.findLast((point): point is Curve['end'] => point.share !== null);
    return end ? [{ name, kind: n % DASHES.length, now: present, recorded: points(recorded, name), end }] : [];
  });
}

const round = (value: number) => Math.round(value * 10) / 10;
const xOf = (step: number, steps: number) => round(steps < 2 ? RIGHT : LEFT + (step / (steps - 1)) * (RIGHT - LEFT));
const dashes = (kind: number) => (DASHES[kind] ? ` stroke-dasharray="${DASHES[kind]}"` : '');
const inWords = ({ step, share }: Point) => `${step} ${shareText(share)}`;

function levelOf(share: number, y: (share: number) => number): string {
  const at = y(share);
  return `<line class="row" x1="${LEFT - 24}" x2="${RIGHT}" y1="${at}" y2="${at}"/><text class="faint" x="${LEFT - 32}" y="${at + 4}" text-anchor="end">${share}</text>`;
}

const stepText = (word: string, x: number, y: number) =>
  `<text class="faint step" x="${x}" y="${y}" text-anchor="middle">${escaped(word)}</text>`;

function dotsOf({ name, kind, now }: Curve, y: (share: number) => number): string[] {
  return now.flatMap((point) => {
    if (point.share === null) return [];
    const title = `<title>${escaped(`${name}, ${inWords(point)}`)}</title>`;
    return [`<circle class="k${kind}" cx="${point.x}" cy="${y(point.share)}" r="2.5">${title}</circle>`];
  });
}

/** A name beside the end of its line, and what leads there where others are in the way. */
function labelOf({ name, kind, end }: Curve, from: number, to: number): string {
  const lead = `<path class="lead k${kind}"${dashes(kind)} d="M${end.x + 5} ${from}L${LABELS - 4} ${to}"/>`;
  return `${lead}<text x="${LABELS}" y="${to + 4}">${escaped(fit(name, 22))} ${shareText(end.share)}</text>`;
}

/** A line through what was measured; it is broken where something was not. */
function pathOf(ink: string, kind: number, points: readonly Point[], y: (share: number) => number): string {
  const steps = points.map(({ x, share }, n) => {
    if (share === null) return '';
    const goesOn = n > 0 && points[n - 1]?.share !== null;
    return `${goesOn ? 'L' : 'M'}${x} ${y(share)}`;
  });
  return steps.some(Boolean) ? `<path class="${ink}"${dashes(kind)} d="${steps.join('')}"/>` : '';
}

/** Places as near to the wanted ones as they can be with `gap` between each two, between `from` and `to`. Pure. */
export function apart(wanted: readonly number[], gap: number, from: number, to: number): number[] {
  const order = wanted.map((at, n) => ({ at, n })).sort((a, b) => a.at - b.at || a.n - b.n);
  // Labels that would touch are one block, which stands around the middle of what its labels want.
  const blocks: { sum: number; members: number[] }[] = [];
  for (const [rank, { at, n }] of order.entries()) {
    let block = { sum: at - rank * gap, members: [n] };
    for (let above = blocks.at(-1); above && middle(above) > middle(block); above = blocks.at(-1)) {
      blocks.pop();
      block = { sum: above.sum + block.sum, members: [...above.members, ...block.members] };
    }
    blocks.push(block);
  }
  const most = to - (wanted.length - 1) * gap;
  const places: number[] = [];
  let rank = 0;
  for (const block of blocks) {
    const start = Math.max(from, Math.min(most, middle(block)));
    for (const n of block.members) places[n] = round(start + rank++ * gap);
  }
  return places;
}

const middle = ({ sum, members }: { sum: number; members: readonly number[] }) => sum / members.length;
