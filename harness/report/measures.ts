import type { Measures, MeasuresBeside } from '../kit/measures.ts';
import { inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart } from './text.ts';

/** A change of less than this is none. */
const NOTICED = 0.01;
const MOST_STEPS = 8;
/** A figure, and what it changed by: ' .61 +.20'. */
const [FIGURE, CHANGE] = [4, 5];

/** '.61' of 0.612, '1.0' of 1, '–' of what was not measured. */
export function shareText(value: number | null): string {
  if (value === null) return '–';
  const text = value.toFixed(2);
  return text === '1.00' ? '1.0' : text.replace(/^0/, '');
}

/** '+.20' or '−.04'; nothing where it would read as no change. */
export function changeText(change: number): string {
  const size = shareText(Math.abs(change));
  return size === '.00' ? '' : `${change < 0 ? '−' : '+'}${size}`;
}

/** The metric by which steps are judged: nDCG@10, or the first one where that is not measured. */
export const mainMetric = ({ metrics }: Measures): string =>
  (metrics.find(({ name }) => name === 'nDCG@10') ?? metrics[0])?.name ?? '';

/** The figure of a metric after a step for a class, all by their names; null where there is none. */
export function shareOf(measures: Measures | null, metric: string, step: string, name: string): number | null {
  if (!measures) return null;
  const { metrics, steps, classes } = measures;
  const values = metrics.find((one) => one.name === metric)?.values[steps.indexOf(step)];
  return values?.[classes.findIndex((one) => one.name === name)] ?? null;
}

/** How far a step or a version is above another one; null where either was not measured. */
export const changeOf = (before: number | null, now: number | null): number | null =>
  before === null || now === null ? null : now - before;

/** What stands before the sentences below. */
export const HURT = 'Steps that helped no class, or made one worse';

/** A sentence for each step that helped no class, and for each that made one worse: 'hybrid: exact identifier −.04'. */
export function stepsThatHurt(measures: Measures, metric = mainMetric(measures)): string[] {
  const { steps, classes } = measures;
  return steps.slice(1).flatMap((step, n) => {
    const changes = classes.flatMap(({ name }) => {
      const [before, now] = [steps[n] ?? '', step].map((one) => shareOf(measures, metric, one, name));
      const change = changeOf(before ?? null, now ?? null);
      return change === null ? [] : [{ name, change }];
    });
    if (changes.length === 0) return [];
    const noticed = changes.filter(({ change }) => Math.abs(change) >= NOTICED - 1e-9);
    if (noticed.length === 0) return [`${step}: no class changes by .01 or more`];
    const worse = noticed.filter(({ change }) => change < 0);
    if (worse.length === 0) return [];
    return [`${step}: ${worse.map(({ name, change }) => `${name} ${changeText(change)}`).join(', ')}`];
  });
}

/** The classes in which a metric was measured after any step. */
export const measuredClasses = (measures: Measures, metric: string): readonly { name: string; questions: number }[] =>
  measures.classes.filter(({ name }) => measures.steps.some((step) => shareOf(measures, metric, step, name) !== null));

/**
 * The main metric as a table of at most eleven lines: the last steps as rows, classes as columns, and what each figure
 * changed by against `before`'s, where there is room for that.
 */
export function measuresLines({ recorded, now }: MeasuresBeside, screen: Screen, before = 'the recording'): string[] {
  const ink = inkOf(screen);
  const metric = mainMetric(now);
  const classes = measuredClasses(now, metric);
  if (classes.length === 0) return [];
  const steps = now.steps.slice(-MOST_STEPS);
  const first = Math.min(14, Math.max(...steps.map((step) => [...step].length)) + 1);
  const room = screen.columns - 2 - first;
  const width = Math.min(14, Math.floor(room / classes.length));
  const changes = recorded !== null && width >= FIGURE + CHANGE;
  const shown = classes.slice(0, Math.floor(room / Math.max(width, FIGURE + 1)));
  const column = Math.max(width, FIGURE + 1);
  const cell = (step: string, name: string) => {
    const value = shareOf(now, metric, step, name);
    const change = changeOf(shareOf(recorded, metric, step, name), value) ?? 0;
    const dye = Math.abs(change) < NOTICED ? ink.faint : change > 0 ? ink.good : ink.bad;
    const more = changes ? changeText(change) : '';
    return padEnd(padStart(shareText(value), FIGURE) + (more && ` ${dye(more)}`), column);
  };
  const which = shown.length < classes.length ? ` (${shown.length} of ${classes.length})` : '';
  const title = `${metric} by step and class${which}${changes ? `; beside it the change against ${before}` : ''}`;
  const rows = steps.map((step, n) => {
    const cells = shown.map(({ name }) => cell(step, name)).join('');
    const dye = n === steps.length - 1 ? ink.strong : (text: string) => text;
    return `  ${dye(padEnd(fit(step, first - 1), first))}${cells}`.trimEnd();
  });
  return [`  ${fit(title, screen.columns - 2)}`, ...headLines(shown, first, column).map(ink.faint), ...rows];
}

/** Names of classes above their columns, on two lines at most: whole words as far as they go. */
function headLines(classes: readonly { name: string }[], first: number, column: number): string[] {
  const names = classes.map(({ name }) => {
    const words = name.split(/(?<=-)| /);
    const start = name.length < column ? name : (words[0] ?? '');
    return [start, name.slice(start.length).trim()].map((line) => fit(line, column - 1));
  });
  const line = (n: number) => `  ${' '.repeat(first)}${names.map((name) => padEnd(` ${name[n]}`, column)).join('')}`;
  return [line(0), line(1)].map((text) => text.trimEnd()).filter(Boolean);
}

/** What a save changed in the code as it stands, in one line; none where nothing is to be seen. */
export function measuresChange(now: Measures, last: Measures | undefined): string[] {
  const [metric, step] = [mainMetric(now), now.steps.at(-1) ?? ''];
  const moved = now.classes.flatMap(({ name }) => {
    const [was, is] = [last ?? null, now].map((measures) => shareText(shareOf(measures, metric, step, name)));
    return !last || was === is ? [] : [`${name} ${was} → ${is}`];
  });
  return moved.length === 0 ? [] : [`${metric}: ${moved.join(', ')}`];
}
