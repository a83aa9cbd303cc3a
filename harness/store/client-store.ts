import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllStreamResolvedEvent, EventStoreDBClient, JSONType, ResolvedEvent } from '@eventstore/db-client';
import { explain, isNotFound, isUnavailable } from './client-errors.ts';
import { clientFilter, fromPosition, toPosition, toStoredEvent } from './event-conversion.ts';
import type { Place } from './place.ts';
import { StoreUnavailable } from './store-errors.ts';
import type {
  Appended,
  EventStore,
  ExpectedRevision,
  Filter,
  NewEvent,
  Position,
  ReadOptions,
  StoredEvent,
  SubscribeOptions,
} from './store-port.ts';

/** What is used of the client's package: the one line to change for its successor. */
export type ClientPackage = Pick<typeof import('@eventstore/db-client'), 'EventStoreDBClient' | 'jsonEvent'>;

type Received = AsyncIterable<ResolvedEvent | AllStreamResolvedEvent>;
type Reading = Received & { cancel: () => Promise<void> };

const ANSWER_MS = 5000;
const DISPOSE_MS = 500;

/** The port over the official client. `place` is asked again when the server has gone. */
export class ClientStore implements EventStore {
  readonly #client: ClientPackage;
  readonly #find: () => Promise<Place>;
  #place: Place;
  #connection: EventStoreDBClient;

  private constructor(client: ClientPackage, find: () => Promise<Place>, place: Place) {
    this.#client = client;
    this.#find = find;
    this.#place = place;
    this.#connection = connectTo(client, place);
  }

  /** Connects, and makes sure that the store answers. Throws StoreUnavailable. */
  static async open(loading: Promise<ClientPackage>, find: () => Promise<Place>): Promise<ClientStore> {
    const [client, place] = await Promise.all([loading, find()]);
    let store: ClientStore;
    try {
      store = new ClientStore(client, find, place);
    } catch (error) {
      await place.release();
      throw explain(error, place.name, '', 'any');
    }
    try {
      await store.#checkThere();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get where(): string {
    return this.#place.where;
  }

  get notices(): readonly string[] {
    return this.#place.notices;
  }

  async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    const { jsonEvent } = this.#client;
    const proposed = events.map(({ id = randomUUID(), type, data, metadata }) =>
      jsonEvent({ id, type, data: data as JSONType, ...(metadata && { metadata }) }),
    );
    const expectedRevision = typeof expected === 'number' ? BigInt(expected) : expected;
    // With the same ids a repeated append is the same append.
    const result = await this.#again(stream, expected, () =>
      this.#connection.appendToStream(stream, proposed, { expectedRevision }),
    );
    return {
      revision: Number(result.nextExpectedRevision),
      position: result.position && toPosition(result.position),
    };
  }

  async *read(stream: string, options: ReadOptions<number> = {}): AsyncGenerator<StoredEvent> {
    const { from, direction = 'forwards', maxCount } = options;
    const fromRevision = from === undefined ? begin(direction) : BigInt(from);
    const open = () =>
      this.#connection.readStream(stream, { fromRevision, direction, ...(maxCount !== undefined && { maxCount }) });
    yield* this.#events(stream, open);
  }

  async *readAll(options: ReadOptions<Position> = {}): AsyncGenerator<StoredEvent> {
    const { from, direction = 'forwards', maxCount } = options;
    const start = from === undefined ? begin(direction) : fromPosition(from);
    const open = () =>
      this.#connection.readAll({ fromPosition: start, direction, ...(maxCount !== undefined && { maxCount }) });
    yield* this.#events('$all', open);
  }

  async *subscribe(stream: string, options: SubscribeOptions<number> = {}): AsyncGenerator<StoredEvent> {
    const { after = 'start' } = options;
    const fromRevision = typeof after === 'number' ? BigInt(after) : after;
    yield* this.#follow(stream, options, this.#connection.subscribeToStream(stream, { fromRevision }));
  }

  async *subscribeToAll(options: SubscribeOptions<Position> & { filter?: Filter } = {}): AsyncGenerator<StoredEvent> {
    const { after = 'start', filter } = options;
    const start = after === 'start' || after === 'end' ? after : fromPosition(after);
    const subscription = this.#connection.subscribeToAll({
      fromPosition: start,
      ...(filter && { filter: clientFilter(filter) }),
    });
    yield* this.#follow('$all', options, subscription);
  }

  async close(): Promise<void> {
    // The client waits for ever for a stream that was left with unread events.
    const patience = new AbortController();
    const enough = sleep(DISPOSE_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#connection.dispose(), enough]);
    patience.abort();
    await this.#place.release();
  }

  async *#events(stream: string, open: () => Reading): AsyncGenerator<StoredEvent> {
    const reading = open();
    try {
      for await (const resolved of reading) {
        const event = toStoredEvent(resolved);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (isNotFound(error)) return;
      throw explain(error, this.#place.name, stream, 'any');
    } finally {
      // Whoever reads may have seen enough.
      await reading.cancel().catch(() => {});
    }
  }

  async *#follow(
    stream: string,
    { signal, onCaughtUp }: Pick<SubscribeOptions<Position>, 'signal' | 'onCaughtUp'>,
    subscription: Received & {
      unsubscribe: () => Promise<void>;
      on: (name: 'caughtUp', then: () => void) => unknown;
      destroy: () => unknown;
    },
  ): AsyncGenerator<StoredEvent> {
    const end = () => void subscription.destroy();
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    if (onCaughtUp) subscription.on('caughtUp', onCaughtUp);
    try {
      for await (const resolved of subscription) {
        const event = toStoredEvent(resolved);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (!signal?.aborted) throw explain(error, this.#place.name, stream, 'any');
    } finally {
      signal?.removeEventListener('abort', end);
      await subscription.unsubscribe();
    }
  }

  /** Does it once more where the server has gone meanwhile and can be found again. */
  async #again<T>(stream: string, expected: ExpectedRevision, action: () => Promise<T>): Promise<T> {
    const { name } = this.#place;
    try {
      return await action();
    } catch (error) {
      if (!isUnavailable(error)) throw explain(error, name, stream, expected);
      await this.#reconnect();
    }
    try {
      return await action();
    } catch (error) {
      throw explain(error, name, stream, expected);
    }
  }

  async #reconnect(): Promise<void> {
    await this.close();
    this.#place = await this.#find();
    this.#connection = connectTo(this.#client, this.#place);
  }

  /** Reads a stream that nobody writes: that shows the way to the server, and the credentials. */
  async #checkThere(): Promise<void> {
    const late = sleep(ANSWER_MS, undefined, { ref: false }).then(() => {
      throw new StoreUnavailable(`${this.#place.name} didn't answer within ${ANSWER_MS / 1000} s.`);
    });
    const probe = this.read('kata-store-probe', { maxCount: 1 }).next();
    probe.catch(() => {});
    await Promise.race([probe, late]);
  }
}

function connectTo({ EventStoreDBClient }: ClientPackage, { url }: Place): EventStoreDBClient {
  return EventStoreDBClient.connectionString(url);
}

function begin(direction: 'forwards' | 'backwards'): 'start' | 'end' {
  return direction === 'forwards' ? 'start' : 'end';
}
