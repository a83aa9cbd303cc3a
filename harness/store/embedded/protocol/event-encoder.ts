import type { EventStore } from '../event-store.ts';
import type { StreamEntry } from '../log/event-index.ts';
import type { StoredEvent } from '../log/frame.ts';
import type { Place } from './places.ts';
import type { ReadRequest } from './read-request.ts';
import {
  encodeReadEvent,
  encodeStreamField,
  type Recorded,
  storedData,
  storedType,
  withStructuredId,
} from './recorded-event.ts';

const LINK = '$>';

/** Turns places in the log into messages for a reader, who may have a filter or want links resolved. */
export class EventEncoder {
  readonly #store: EventStore;
  readonly #request: ReadRequest;
  readonly #streamFields = new WeakMap<StreamEntry, Buffer>();

  constructor(store: EventStore, request: ReadRequest) {
    this.#store = store;
    this.#request = request;
  }

  /** Undefined where the filter or the event's age leaves it out. */
  encode(place: Place, notBefore: number): Buffer | undefined {
    const { filter, resolveLinks } = this.#request;
    if (filter?.on === 'stream' && !filter.matches(place.entry.name)) return undefined;
    const stored = this.#store.log.read(place.sequence);
    if (stored.created < notBefore) return undefined;
    if (filter?.on === 'type' && !filter.matches(storedType(stored.fields))) return undefined;
    const recorded = this.#record(place, stored);
    if (!resolveLinks || storedType(stored.fields) !== LINK) return encodeReadEvent(recorded, undefined);
    return encodeReadEvent(this.#linked(stored), recorded);
  }

  /** The event that a link such as `3@order-7` leads to, if it is there. */
  #linked({ fields }: StoredEvent): Recorded | undefined {
    const [, revision = '', stream = ''] = /^(\d+)@(.+)$/s.exec(storedData(fields).toString('utf8')) ?? [];
    if (stream === '') return undefined;
    const view = this.#store.view(stream, Date.now());
    const at = Number(revision);
    if (view.state !== 'there' || at < view.first || at > view.last) return undefined;
    const sequence = view.entry.sequences[at] as number;
    return this.#record({ sequence, entry: view.entry, revision: at }, this.#store.log.read(sequence));
  }

  #record({ sequence, entry, revision }: Place, { fields }: StoredEvent): Recorded {
    let streamField = this.#streamFields.get(entry);
    if (streamField === undefined) {
      streamField = encodeStreamField(entry.name);
      this.#streamFields.set(entry, streamField);
    }
    const given = this.#request.structuredIds ? withStructuredId(fields) : fields;
    return { fields: given, streamField, revision, position: sequence };
  }
}
