import { GrowingArray } from './growing-array.ts';

/** What is known of a stream without reading it. */
export interface StreamEntry {
  /** Its place in {@link EventIndex.stream}. */
  number: number;
  name: string;
  /** The sequence of each revision. */
  sequences: number[];
  /** The sequence of the tombstone. 0: none. */
  tombstone: number;
}

/**
 * Where each event is, by sequence (from 1, in the order of the log), by stream and revision, and by id. Some 36 bytes
 * an event; the events themselves stay on the disk.
 */
export class EventIndex {
  /** The sequence that the next event gets. */
  next = 1;
  readonly #locations = new GrowingArray((length) => new Float64Array(length));
  readonly #streamNumbers = new GrowingArray((length) => new Uint32Array(length));
  readonly #idHashes = new GrowingArray((length) => new Uint32Array(length));
  readonly #streams = new Map<string, StreamEntry>();
  readonly #streamList: StreamEntry[] = [];
  /** Open addressing by the hash of the id; each slot has a sequence. */
  #slots = new Uint32Array(4096);
  #slotsUsed = 0;

  /** Enters an event at the end of the log and of its stream, and returns its sequence. */
  add(stream: StreamEntry, location: number, idHash: number): number {
    const sequence = this.next;
    this.next += 1;
    this.#locations.set(sequence, location);
    this.#streamNumbers.set(sequence, stream.number);
    this.#idHashes.set(sequence, idHash);
    if (this.#slotsUsed * 2 >= this.#slots.length) this.#rehash();
    else this.#fillSlot(sequence, idHash);
    return sequence;
  }

  find(stream: string): StreamEntry | undefined {
    return this.#streams.get(stream);
  }

  findOrAdd(name: string): StreamEntry {
    let entry = this.#streams.get(name);
    if (entry === undefined) {
      entry = { number: this.#streamList.length, name, sequences: [], tombstone: 0 };
      this.#streams.set(name, entry);
      this.#streamList.push(entry);
    }
    return entry;
  }

  location(sequence: number): number {
    return this.#locations.get(sequence);
  }

  stream(sequence: number): StreamEntry {
    return this.#streamList[this.#streamNumbers.get(sequence)] as StreamEntry;
  }

  /** The newest event of the stream whose id passes `isSame` (a hash alone can err), or 0. */
  findId(stream: StreamEntry, idHash: number, isSame: (sequence: number) => boolean): number {
    const mask = this.#slots.length - 1;
    let newest = 0;
    for (let slot = idHash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const sequence = this.#slots[slot] as number;
      // Slots of events that were taken back again are left behind, and don't match what stands there now.
      if (sequence <= newest || sequence >= this.next || this.#idHashes.get(sequence) !== idHash) continue;
      if (this.#streamNumbers.get(sequence) === stream.number && isSame(sequence)) newest = sequence;
    }
    return newest;
  }

  /** Forgets the events from `next` on: their write failed. */
  takeBack(next: number): void {
    for (let sequence = this.next - 1; sequence >= next; sequence -= 1) {
      const stream = this.stream(sequence);
      if (stream.tombstone === sequence) stream.tombstone = 0;
      else stream.sequences.pop();
    }
    this.next = next;
  }

  #fillSlot(sequence: number, idHash: number): void {
    const mask = this.#slots.length - 1;
    let slot = idHash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = sequence;
    this.#slotsUsed += 1;
  }

  #rehash(): void {
    // Half of the slots may be left over from failed writes: then the table stays as large as it is.
    this.#slots = new Uint32Array(this.next * 4 > this.#slots.length ? this.#slots.length * 4 : this.#slots.length);
    this.#slotsUsed = 0;
    for (let sequence = 1; sequence < this.next; sequence += 1) this.#fillSlot(sequence, this.#idHashes.get(sequence));
  }
}

/** FNV-1a over the 36 characters of an id, which open an event's fields at `at`. */
export function hashId(bytes: Buffer, at: number): number {
  let hash = 0x811c9dc5;
  for (let i = at; i < at + 36; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}
