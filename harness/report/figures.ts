import { plain } from '../kit/assess.ts';

const grouped = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 });

/**
 * A figure as it stands in a table: '30.0 s' for 30 000 ms, '1.5 %', '27' calls, '0.60' of 1. A unit that is a word is
 * left to the row's name.
 */
export function quantity(value: number, unit: string): string {
  if (!Number.isFinite(value)) return 'never';
  if (unit === 'ms') return duration(value);
  const figure = unit === '' && Math.abs(value) < 1 ? plain(value) : grouped.format(value);
  return unit.length > 0 && unit.length <= 2 ? `${figure} ${unit}` : figure;
}

/** Milliseconds: '280 ms' up to a second, '1.3 s' up to ten minutes, then '14 min 20 s'. */
export function duration(ms: number): string {
  if (Math.abs(ms) < 1000) return `${grouped.format(Math.round(ms * 10) / 10)} ms`;
  if (Math.abs(ms) < 600_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** '09:43:12.4' of an ISO instant: UTC, as recorded. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 21);
}

/** '1 kata', '3 katas'. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${grouped.format(n)} ${n === 1 ? one : many}`;
}
