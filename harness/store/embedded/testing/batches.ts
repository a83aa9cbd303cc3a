import type { EventStore, NewEvent } from '../event-store.ts';
import { encodeFields } from '../protocol/recorded-event.ts';

// What the writers of the crash test append, by where it comes in the test: both the process that is killed and the one
// that looks afterwards can tell.

export interface BatchName {
  round: number;
  writer: number;
  batch: number;
}

/** A whole number from 0 below `limit` that looks random and depends on the name alone. */
function draw({ round, writer, batch }: BatchName, salt: number, limit: number): number {
  let mixed =
    Math.imul(round + 1, 0x9e3779b1) ^ Math.imul(writer + 1, 0x85ebca6b) ^ Math.imul(batch + salt, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return ((mixed ^ (mixed >>> 13)) >>> 0) % limit;
}

export function streamOf(writer: number): string {
  return `writer-${writer}`;
}

/** The ids of a batch say which it is, and how many events it has. */
export function idsOf(name: BatchName): string[] {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const size = 1 + draw(name, 1, 5);
  return Array.from(
    { length: size },
    (_, i) => `${hex(name.round, 8)}-${hex(name.writer, 4)}-4000-8000-${hex(name.batch, 8)}${hex(size, 2)}${hex(i, 2)}`,
  );
}

export function eventsOf(name: BatchName): NewEvent[] {
  // One in thirty is longer than a block of the file system.
  const padding = draw(name, 2, 30) === 0 ? draw(name, 3, 40_000) : draw(name, 3, 300);
  const data = Buffer.from(JSON.stringify({ padding: 'x'.repeat(padding) }));
  return idsOf(name).map((id) => {
    const content = { id, type: 'Written', contentType: 'application/json', created: 0 };
    return { id, stored: { created: 0, fields: encodeFields({ ...content, customMetadata: Buffer.alloc(0), data }) } };
  });
}

/** Appends a batch where the stream is expected to have `events` events. */
export async function appendBatch(store: EventStore, name: BatchName, events: number): Promise<void> {
  const stream = streamOf(name.writer);
  const outcome = await store.append(stream, eventsOf(name), events === 0 ? 'no_stream' : events - 1);
  if (outcome.kind !== 'done') throw new Error(`${stream}, expected at ${events}: ${JSON.stringify(outcome)}`);
}
