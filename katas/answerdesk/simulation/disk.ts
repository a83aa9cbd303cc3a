import { memoryEventLog } from '#kit/event-log/memory.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import type { EventLog, EventToAppend, Expected, LoggedEvent } from '../event-log.ts';

/** What somebody with access to a log's files can do to a stream. */
export type Tampering = 'edited' | 'removed' | 'torn-out' | 'swapped' | 'repeated' | 'cut';
export const TAMPERINGS: readonly [Tampering, ...Tampering[]] = [
  'edited',
  'removed',
  'torn-out',
  'swapped',
  'repeated',
  'cut',
];

/** A log in memory whose files lie open. */
export class Disk implements EventLog {
  readonly #log = memoryEventLog();
  readonly #changed = new Map<string, LoggedEvent[]>();
  /** Events that were handed out by `read`. */
  handedOut = 0;

  append(stream: string, events: readonly EventToAppend[], options?: { expected?: Expected }) {
    return this.#log.append(stream, events, options);
  }

  async read(stream: string, { from = 0, limit = Infinity }: { from?: number; limit?: number } = {}) {
    const changed = this.#changed.get(stream)?.filter(({ revision }) => revision >= from);
    const events = changed ? structuredClone(changed.slice(0, limit)) : await this.#log.read(stream, { from, limit });
    this.handedOut += events.length;
    return events;
  }

  async readAll(options?: { after?: number; limit?: number }) {
    return this.#log.readAll(options);
  }

  /** Puts other events in the place of a stream's. */
  overwrite(stream: string, events: readonly LoggedEvent[]): void {
    this.#changed.set(stream, structuredClone([...events]));
  }

  async tamper(seed: number, stream: string, how: Tampering, entry: number): Promise<void> {
    this.overwrite(stream, tampered(seed, await this.#log.read(stream), how, entry));
  }
}

const renumbered = (events: LoggedEvent[]) => events.map((event, revision) => ({ ...event, revision }));

function tampered(seed: number, events: LoggedEvent[], how: Tampering, entry: number): LoggedEvent[] {
  const [before, at, after] = [events.slice(0, entry), events[entry], events.slice(entry + 1)];
  if (!at) throw new RangeError(`there is no entry ${entry}`);
  switch (how) {
    case 'edited':
      return [...before, edited(seed, at), ...after];
    case 'removed':
      return renumbered([...before, ...after]);
    case 'torn-out':
      return [...before, ...after];
    case 'swapped':
      return renumbered([...before, ...after.slice(0, 1), at, ...after.slice(1)]);
    case 'repeated':
      return renumbered([...before, at, { ...at, id: at.id.replace(/^./, 'f') }, ...after]);
    case 'cut':
      return before;
  }
}

type Path = readonly string[];

/** The event with one of its values changed: its type, or any text, number or flag in it. */
function edited(seed: number, event: LoggedEvent): LoggedEvent {
  const { type, data, metadata } = event;
  const open = { type, data, metadata };
  const [first, ...more] = leavesOf(open);
  const path = pick(seed, `leaf of ${event.stream} ${event.revision}`, [first as Path, ...more]);
  return { ...event, ...(changedAt(open, path, seed) as typeof open) };
}

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

function changedAt(value: unknown, [name, ...rest]: Path, seed: number): unknown {
  if (name === undefined) return changed(value, seed);
  const inner = (value as Record<string, unknown>)[name];
  if (Array.isArray(value)) return value.map((one, n) => (String(n) === name ? changedAt(one, rest, seed) : one));
  return { ...(value as object), [name]: changedAt(inner, rest, seed) };
}

function changed(value: unknown, seed: number): unknown {
  if (typeof value === 'number') return value + between(seed, 'more', 1, 9);
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string' || value === '') return 'nobody';
  const at = between(seed, 'letter', 0, value.length - 1);
  return `${value.slice(0, at)}${value[at] === '0' ? '1' : '0'}${value.slice(at + 1)}`;
}

/** The same value with the fields of its objects in another order, as some stores give them back. */
export function reordered<T>(seed: number, value: T): T {
  if (Array.isArray(value)) return value.map((inner: unknown) => reordered(seed, inner)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = shuffled(seed, `fields ${Object.keys(value).length}`, Object.entries(value));
  return Object.fromEntries(entries.map(([name, inner]) => [name, reordered(seed, inner as unknown)])) as T;
}
