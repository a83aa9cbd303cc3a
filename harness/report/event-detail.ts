import type { RecordedEvent } from '../kit/events.ts';
import { eventLine } from './event-text.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph, printable } from './text.ts';

/** One event in full, the chain of events that led to it, and what followed from it. */
export function eventDetailLines(history: readonly RecordedEvent[], id: number, screen: Screen): string[] | null {
  const event = history.find((one) => one.id === id);
  if (!event) return null;
  const ink = inkOf(screen);
  const causes = causesOf(history, event);
  const effects = effectsOf(history, event);
  const line = (one: RecordedEvent) => eventLine(one, screen);
  return [
    `${ink.strong(`#${event.id} ${event.type}`)}  ${event.time}`,
    ...paragraph(
      `${event.stream}, revision ${event.revision}; correlation ${event.metadata.correlationId}`,
      screen.columns,
      '  ',
    ),
    '',
    ...dataLines(event.data, screen),
    '',
    ink.strong(causes.length > 0 ? 'Caused by, the first cause first' : 'Caused by nothing that was recorded'),
    ...causes.map(line),
    '',
    ink.strong(
      effects.length > 0
        ? `Caused ${effects.length === 1 ? 'one event' : `${effects.length} events`}`
        : 'Caused nothing that was recorded',
    ),
    ...effects.slice(0, 12).map(line),
    ...(effects.length > 12 ? [`  … and ${effects.length - 12} more`] : []),
  ];
}

function dataLines(data: Record<string, unknown>, screen: Screen): string[] {
  const longest = Math.max(0, ...Object.keys(data).map((key) => key.length));
  return Object.entries(data).flatMap(([key, value]) => {
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
    return paragraph(printable(text), screen.columns, `  ${key.padEnd(longest)}  `);
  });
}

function causesOf(history: readonly RecordedEvent[], event: RecordedEvent): RecordedEvent[] {
  const chain: RecordedEvent[] = [];
  for (let cause = event.metadata.causationId; cause !== null; ) {
    const found = history.find(({ id }) => id === cause);
    if (!found || chain.includes(found)) break;
    chain.unshift(found);
    cause = found.metadata.causationId;
  }
  return chain;
}

/** Everything that followed, through as many links as there are, in the order in which it happened. */
function effectsOf(history: readonly RecordedEvent[], event: RecordedEvent): RecordedEvent[] {
  const reached = new Set([event.id]);
  return history.filter(({ id, metadata }) => {
    if (metadata.causationId === null || id === event.id || !reached.has(metadata.causationId)) return false;
    reached.add(id);
    return true;
  });
}
