import { randomUUID } from 'node:crypto';
import { decideAppend, type ExpectedRevision, mayDelete, type WrittenStream } from './expected-revision.ts';
import { hashId, type StreamEntry } from './log/event-index.ts';
import { EventLog, type LogOptions } from './log/event-log.ts';
import type { StoredEvent } from './log/frame.ts';
import { encodeFields, storedId } from './protocol/recorded-event.ts';
import { DELETED, firstVisible, isDeleted, METADATA_PREFIX, withTruncateBefore } from './stream-metadata.ts';
import { Truncations } from './truncations.ts';

/** An event that is about to be stored. */
export interface NewEvent {
  id: string;
  stored: StoredEvent;
}

/** `position` is the event's place in the log; `revision` its place in the stream, -1 where that stays empty. */
export type Outcome =
  | { kind: 'done'; revision: number; position: number }
  /** The stream's newest revision is another one. -1: it has none. */
  | { kind: 'wrong-revision'; actual: number }
  | { kind: 'stream-deleted' };

/** The part of a stream that a reader sees. */
export type View =
  | { state: 'missing' }
  | { state: 'deleted' }
  | { state: 'there'; entry: StreamEntry; first: number; last: number; notBefore: number };

/** Streams over the log: revisions, repeated appends, deletion and truncation. */
export class EventStore {
  readonly log: EventLog;
  readonly #truncations: Truncations;
  /** Ids of events that are not on the disk yet, by sequence. */
  readonly #pendingIds = new Map<number, string>();

  #wake: () => void = () => {};
  /** Kept when more events became readable. Take it before looking for events, then nothing slips through between. */
  more!: Promise<void>;

  /** Throws CorruptLog, or what the system says where the folder can't be read and written. */
  constructor(folder: string, options?: LogOptions) {
    this.log = new EventLog(folder, options);
    this.#truncations = new Truncations(this.log);
    this.#awaitMore();
    this.log.onDurable = () => {
      this.#wake();
      this.#awaitMore();
    };
    this.log.onTakenBack = () => {
      this.#truncations.forget();
      this.#pendingIds.clear();
    };
  }

  /** Settles when the outcome is durable. Rejects with WriteFailed. */
  async append(name: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Outcome> {
    if (this.#isTombstoned(name)) return { kind: 'stream-deleted' };
    const entry = this.log.index.find(name);
    const stream = this.#written(name, entry);
    const ids = events.map(({ id }) => id);
    const decision = decideAppend(stream, expected, ids);
    if (decision.kind === 'wrong-revision') {
      return { kind: 'wrong-revision', actual: stream.last };
    }
    if (decision.kind === 'written-before' || events.length === 0) {
      const revision = decision.kind === 'written-before' ? decision.last : stream.last;
      const position = entry?.sequences[revision] ?? this.log.index.next - 1;
      await this.log.settled();
      return { kind: 'done', revision, position };
    }
    return this.#write(name, events, stream);
  }

  async #write(name: string, events: readonly NewEvent[], stream: WrittenStream): Promise<Outcome> {
    if (stream.deleted) this.#setTruncateBefore(name, BigInt(stream.last + 1)).catch(() => {});
    const stored = events.map((event) => event.stored);
    const entry = this.log.index.findOrAdd(name);
    const { sequence, durable } = this.log.append('append', entry, stored);
    const first = sequence - events.length + 1;
    events.forEach(({ id }, i) => {
      this.#pendingIds.set(first + i, id);
    });
    if (name.startsWith(METADATA_PREFIX)) this.#truncations.note(name, stored.at(-1) as StoredEvent);
    const revision = entry.sequences.length - 1;
    await durable;
    for (let i = first; i <= sequence; i += 1) this.#pendingIds.delete(i);
    return { kind: 'done', revision, position: sequence };
  }

  /** Hides a stream's events. It may be written to again, and its revisions go on. */
  async delete(name: string, expected: ExpectedRevision): Promise<Outcome> {
    if (this.#isTombstoned(name)) return { kind: 'stream-deleted' };
    const stream = this.#written(name, this.log.index.find(name));
    if (!mayDelete(stream, expected)) return { kind: 'wrong-revision', actual: stream.last };
    const position = await this.#setTruncateBefore(name, DELETED);
    return { kind: 'done', revision: stream.last, position };
  }

  /** Ends a stream for good. */
  async tombstone(name: string, expected: ExpectedRevision): Promise<Outcome> {
    if (this.#isTombstoned(name)) return { kind: 'stream-deleted' };
    const entry = this.log.index.findOrAdd(name);
    const stream = this.#written(name, entry);
    if (!mayDelete(stream, expected)) return { kind: 'wrong-revision', actual: stream.last };
    const { sequence, durable } = this.log.append('tombstone', entry, [
      systemEvent('$streamDeleted', Buffer.from('{}')),
    ]);
    await durable;
    return { kind: 'done', revision: stream.last, position: sequence };
  }

  /** What a reader sees of a stream, by what is durable. `now` in milliseconds since 1970. */
  view(name: string, now: number): View {
    const { durableNext, index } = this.log;
    const tombstone = index.find(originOf(name))?.tombstone ?? 0;
    if (tombstone !== 0 && tombstone < durableNext) return { state: 'deleted' };
    const entry = index.find(name);
    if (entry === undefined) return { state: 'missing' };
    const last = this.lastDurable(entry);
    const { truncation } = this.#truncations.of(name);
    if (last === -1 || isDeleted(truncation)) return { state: 'missing' };
    const notBefore = truncation.maxAge === undefined ? 0 : now - truncation.maxAge * 1000;
    return { state: 'there', entry, first: firstVisible(truncation, last), last, notBefore };
  }

  /** The newest revision that readers may see, or -1. */
  lastDurable({ sequences }: StreamEntry): number {
    let last = sequences.length - 1;
    while (last >= 0 && (sequences[last] as number) >= this.log.durableNext) last -= 1;
    return last;
  }

  #awaitMore(): void {
    this.more = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #isTombstoned(name: string): boolean {
    return (this.log.index.find(originOf(name))?.tombstone ?? 0) !== 0;
  }

  #written(name: string, entry: StreamEntry | undefined): WrittenStream {
    const last = (entry?.sequences.length ?? 0) - 1;
    const hasId = (sequence: number, id: string) => this.#idOf(sequence) === id;
    return {
      last,
      deleted: isDeleted(this.#truncations.of(name).truncation),
      hasAt: (revision, id) => hasId(entry?.sequences[revision] ?? 0, id),
      revisionOf: (id) => {
        if (entry === undefined) return undefined;
        const hash = hashId(Buffer.from(id, 'latin1'), 0);
        const sequence = this.log.index.findId(entry, hash, (found) => hasId(found, id));
        return sequence === 0 ? undefined : revisionAt(entry, sequence);
      },
    };
  }

  #idOf(sequence: number): string {
    if (sequence === 0) return '';
    return this.#pendingIds.get(sequence) ?? storedId(this.log.read(sequence).fields);
  }

  async #setTruncateBefore(name: string, revision: bigint): Promise<number> {
    const metadataName = METADATA_PREFIX + name;
    const data = withTruncateBefore(this.#truncations.of(name).data, revision);
    const event = systemEvent('$metadata', data);
    const { sequence, durable } = this.log.append('append', this.log.index.findOrAdd(metadataName), [event]);
    this.#pendingIds.set(sequence, storedId(event.fields));
    this.#truncations.note(metadataName, event);
    await durable;
    this.#pendingIds.delete(sequence);
    return sequence;
  }
}

/** A stream's metadata end with it. */
function originOf(name: string): string {
  return name.startsWith(METADATA_PREFIX) ? name.slice(METADATA_PREFIX.length) : name;
}

function systemEvent(type: string, data: Buffer): StoredEvent {
  const created = Date.now();
  const content = { id: randomUUID(), type, contentType: 'application/json', created };
  return { created, fields: encodeFields({ ...content, customMetadata: Buffer.alloc(0), data }) };
}

/** Sequences rise with revisions. */
function revisionAt({ sequences }: StreamEntry, sequence: number): number {
  let low = 0;
  let high = sequences.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sequences[middle] as number) < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The revision of an event, which a tombstone doesn't have. */
export function revisionOf(entry: StreamEntry, sequence: number): number | 'tombstone' {
  return entry.tombstone === sequence ? 'tombstone' : revisionAt(entry, sequence);
}
