import type { Request, Response } from '../../kit/event-log/messages.ts';
import type { Expected, LoggedEvent } from '../../kit/event-log/port.ts';
import { WrongExpectedRevision } from '../../store/store-errors.ts';
import type { EventStore, ExpectedRevision, Json, StoredEvent } from '../../store/store-port.ts';

type RequestOf<Op extends Request['op']> = Extract<Request, { op: Op }>;
type Metadata = { readonly [name: string]: Json };

/** Answers what suites ask of the store. */
export class Desk {
  readonly #store: EventStore;
  /** How far the log was when a prefix first came: nothing of it is before. */
  readonly #beginnings = new Map<string, Promise<number>>();

  constructor(store: EventStore) {
    this.#store = store;
  }

  async answer(request: Request): Promise<Response> {
    const { n, prefix } = request;
    if (!this.#beginnings.has(prefix)) this.#beginnings.set(prefix, this.#newest());
    const beginning = await this.#beginnings.get(prefix);
    switch (request.op) {
      case 'append':
        return { n, ...(await this.#append(request)) };
      case 'read':
        return { n, done: await this.#read(request) };
      case 'readAll':
        return { n, done: await this.#readAll(request, beginning ?? 0) };
    }
  }

  async #append({ prefix, stream, events, expected }: RequestOf<'append'>) {
    try {
      const proposed = events.map(({ id, type, data, metadata }) => ({
        ...(id !== undefined && { id }),
        type,
        data: data as Json,
        metadata: metadata as Metadata,
      }));
      const { revision } = await this.#store.append(prefix + stream, proposed, asStored(expected));
      return { done: { revision } };
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      return { wrongRevision: { last: typeof error.actual === 'number' ? error.actual : -1 } };
    }
  }

  async #read({ prefix, stream, from, limit }: RequestOf<'read'>): Promise<LoggedEvent[]> {
    const found = this.#store.read(prefix + stream, { from, ...(limit !== null && { maxCount: limit }) });
    const events: LoggedEvent[] = [];
    for await (const event of found) events.push(logged(event, prefix));
    return events;
  }

  async #readAll({ prefix, after, limit }: RequestOf<'readAll'>, beginning: number): Promise<LoggedEvent[]> {
    const from = Math.max(after ?? 0, beginning);
    const events: LoggedEvent[] = [];
    for await (const event of this.#store.readAll(from > 0 ? { from: String(from) } : {})) {
      if (!event.stream.startsWith(prefix) || positionOf(event) <= from) continue;
      events.push(logged(event, prefix));
      if (events.length === limit) break;
    }
    return events;
  }

  async #newest(): Promise<number> {
    for await (const event of this.#store.readAll({ direction: 'backwards', maxCount: 1 })) return positionOf(event);
    return 0;
  }
}

function asStored(expected: Expected): ExpectedRevision {
  if (expected === 'none') return 'no_stream';
  return expected === 'exists' ? 'stream_exists' : expected;
}

function logged(event: StoredEvent, prefix: string): LoggedEvent {
  const { stream, revision, id, type, data, metadata } = event;
  const place = { stream: stream.slice(prefix.length), revision, position: positionOf(event) };
  return { id, ...place, type, data: data as LoggedEvent['data'], metadata };
}

/** Commit positions of a real server are bytes: far below 2^53. */
const positionOf = ({ position = '0' }: StoredEvent) => Number(position.split('/')[0]);
