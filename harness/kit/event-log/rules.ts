import type { EventToAppend, Expected, WrongExpectedRevision } from './port.ts';

/** An event as it will be stored: plain JSON, a copy. */
export interface CheckedEvent {
  id?: string;
  type: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** Throws a TypeError for what is no append. */
export function checked(stream: string, events: readonly EventToAppend[]): CheckedEvent[] {
  if (typeof stream !== 'string' || stream === '') throw new TypeError('append takes the name of a stream');
  if (!Array.isArray(events) || events.length === 0) throw new TypeError(`${stream}: append takes one event or more`);
  return events.map(({ id, type, data, metadata = {} }: EventToAppend) => {
    if (typeof type !== 'string' || type === '') throw new TypeError(`${stream}: an event has a type`);
    if (typeof data !== 'object' || data === null) throw new TypeError(`${stream}: the data of ${type} are no object`);
    if (id !== undefined && !UUID.test(id)) throw new TypeError(`${stream}: the id of ${type} is no UUID: ${id}`);
    return { ...(id !== undefined && { id: id.toLowerCase() }), type, data: plain(data), metadata: plain(metadata) };
  });
}

/** `last` is the revision of the stream's last event, -1 where it has none. */
export function wrongExpectedRevision(stream: string, expected: Expected, last: number): WrongExpectedRevision {
  const actual = last === -1 ? 'none' : last;
  const message = `${stream} is at revision ${actual}, not ${expected}`;
  const facts = { name: 'WrongExpectedRevision', code: 'WRONG_EXPECTED_REVISION', expected, actual } as const;
  return Object.assign(new Error(message), facts);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const plain = (value: object) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
