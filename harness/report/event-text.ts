import type { RecordedEvent } from '../kit/events.ts';
import { duration, timeOfDay } from './figures.ts';
import { type Ink, inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart, printable } from './text.ts';

/** By the naming rule for events (past tense, subject first) these are the bad news. */
const badNews =
  /(Failed|Hung|Lost|TimedOut|Refused|Rejected|Dropped|Cut|Expired|Exceeded|Duplicated|Crashed|Abandoned|GivenUp)$/;

export const isBadNews = (type: string): boolean => badNews.test(type) || /Fault(Started|Began)$/.test(type);

/** `waited 30.0 s · status 503 · question q-12`: what an event says; durations and statuses first, they tell most. */
export function dataText(data: Record<string, unknown>): string {
  return fields(data)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => +tellsMost.test(b) - +tellsMost.test(a))
    .map(([key, value]) => fieldText(key, value))
    .join(' · ');
}

const tellsMost = /^ms$|Ms$|^status$|^code$/;

/** What a field holds inside is shown as fields too; the id of a `question` is the question. */
function fields(data: Record<string, unknown>): [string, unknown][] {
  return Object.entries(data).flatMap(([key, value]): [string, unknown][] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[key, value]];
    return Object.entries(value).map(([inner, one]) => [inner === 'id' ? key : inner, one]);
  });
}

function fieldText(key: string, value: unknown): string {
  if (typeof value === 'number' && key === 'ms') return duration(value);
  if (typeof value === 'number' && /Ms$/.test(key)) return `${words(key.slice(0, -2))} ${duration(value)}`;
  if (typeof value === 'boolean') return value ? words(key) : `not ${words(key)}`;
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return `${words(key)} ${printable(text, 200)}`;
}

const words = (key: string) =>
  key
    .replace(/(?<=.)Id$/, '')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase();

/** One event on one line: when, its id, what happened, and as much of the rest as there is room for. */
export function eventLine(event: RecordedEvent, screen: Screen, typeColumns = 24): string {
  const ink = inkOf(screen);
  const start = `  ${timeOfDay(event.time)}  ${padStart(`#${event.id}`, 6)}  `;
  const type = padEnd(fit(event.type, typeColumns), typeColumns);
  const rest = fit(dataText(event.data), screen.columns - start.length - typeColumns - 2);
  return `${ink.faint(start)}${dyeOf(event.type, ink)(type)}  ${rest}`.trimEnd();
}

export function dyeOf(type: string, ink: Ink): (text: string) => string {
  return isBadNews(type) ? ink.bad : ink.strong;
}
