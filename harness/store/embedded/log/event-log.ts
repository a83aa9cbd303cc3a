import { fdatasync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { EventIndex, hashId, type StreamEntry } from './event-index.ts';
import { EVENT_HEADER_BYTES, encodeFrame, FRAME_HEADER_BYTES, type StoredEvent, sealFrame } from './frame.ts';
import { WriteFailed } from './log-errors.ts';
import { recover, type TornTail } from './recover.ts';
import { Segments } from './segments.ts';

/** How bytes get on the disk. Tests put faults here. */
export interface Disk {
  /** Returns how many of the bytes were written. */
  write: (fd: number, bytes: Buffer, from: number, length: number, position: number) => number;
  sync: (fd: number) => Promise<void>;
}

export interface LogOptions {
  /** A file that has grown beyond this many bytes is followed by another. */
  segmentBytes?: number;
  disk?: Disk;
}

interface Waiting {
  /** Undefined: waits only for what was added before it. */
  frame: Buffer | undefined;
  done: () => void;
  failed: (error: WriteFailed) => void;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
const realDisk: Disk = { write: writeSync, sync: promisify(fdatasync) };

/**
 * The append-only log: appends are visible to the next decision at once, durable and readable when their promise is
 * kept. All that waits is written together and made durable with one fdatasync.
 */
export class EventLog {
  readonly index = new EventIndex();
  /** What was cut off on opening. */
  readonly torn: TornTail | undefined;
  /** Called when more events became readable. */
  onDurable: () => void = () => {};
  /** Called when appends that were already counted on could not be written. */
  onTakenBack: () => void = () => {};
  /** Readers see the events before this sequence. */
  durableNext: number;

  readonly #segments: Segments;
  readonly #disk: Disk;
  readonly #segmentBytes: number;
  #durableEnd: number;
  #end: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #broken: WriteFailed | undefined;

  /** Throws CorruptLog, or what the system says where the folder can't be read and written. */
  constructor(folder: string, { segmentBytes = SEGMENT_BYTES, disk = realDisk }: LogOptions = {}) {
    this.#segmentBytes = segmentBytes;
    this.#disk = disk;
    this.#segments = Segments.open(folder);
    try {
      this.torn = recover(this.#segments, this.index);
    } catch (error) {
      this.#segments.close();
      throw error;
    }
    this.#durableEnd = this.#end = this.#segments.last.base + this.#segments.last.size;
    this.durableNext = this.index.next;
  }

  /** Adds events to a stream, all or none. The sequence is the last one's; `durable` rejects with WriteFailed. */
  append(kind: 'append' | 'tombstone', stream: StreamEntry, events: readonly StoredEvent[]) {
    if (this.#broken) throw this.#broken;
    const firstSequence = this.index.next;
    const firstRevision = stream.sequences.length;
    const frame = encodeFrame({ kind, firstSequence, firstRevision, stream: stream.name, events });
    let location = this.#end + FRAME_HEADER_BYTES + 29 + Buffer.byteLength(stream.name);
    for (const { fields } of events) {
      const sequence = this.index.add(stream, location, hashId(fields, 4));
      if (kind === 'tombstone') stream.tombstone = sequence;
      else stream.sequences.push(sequence);
      location += EVENT_HEADER_BYTES + fields.length;
    }
    this.#end += frame.length;
    return { sequence: this.index.next - 1, durable: this.#enqueue(frame) };
  }

  /** Kept when all that was added before is durable. */
  settled(): Promise<void> {
    return this.#enqueue(undefined);
  }

  /** An event by its sequence, which must be durable. Its bytes must not be changed. */
  read(sequence: number): StoredEvent {
    const location = this.index.location(sequence);
    const head = this.#segments.bytes(location, EVENT_HEADER_BYTES);
    const length = head.readUInt32LE(0) - (EVENT_HEADER_BYTES - 4);
    return { created: head.readUIntLE(4, 6), fields: this.#segments.bytes(location + EVENT_HEADER_BYTES, length) };
  }

  /** Waits for what is being written, marks the end as a clean one, and closes the files. */
  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (!this.#broken) {
      const nothing = { firstSequence: this.index.next, firstRevision: 0, stream: '', events: [] };
      await this.#enqueue(encodeFrame({ kind: 'seal', ...nothing })).catch(() => {});
    }
    this.#broken ??= new WriteFailed(this.#segments.folder, new Error('the store is closed'));
    this.#segments.close();
  }

  #enqueue(frame: Buffer | undefined): Promise<void> {
    return new Promise<void>((done, failed) => {
      this.#waiting.push({ frame, done, failed });
      // What else has arrived by now goes into the same write.
      this.#writing ??= new Promise((resolve) => setImmediate(resolve)).then(() => this.#writeAll());
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const durableNext = this.index.next;
      try {
        await this.#write(group.flatMap(({ frame }) => frame ?? []));
      } catch (error) {
        this.#giveUp(group, error as WriteFailed);
        continue;
      }
      this.durableNext = durableNext;
      for (const { done } of group) done();
      this.onDurable();
    }
    this.#writing = undefined;
  }

  async #write(frames: Buffer[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    if (frames.length === 0) return;
    const durable = this.#durableEnd;
    for (const frame of frames) sealFrame(frame, durable);
    const bytes = frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
    try {
      if (this.#segments.last.size >= this.#segmentBytes) this.#segments.roll(durable);
      const { fd, base } = this.#segments.last;
      for (let written = 0; written < bytes.length; ) {
        written += this.#disk.write(fd, bytes, written, bytes.length - written, durable - base + written);
      }
    } catch (error) {
      throw new WriteFailed(this.#segments.last.path, error);
    }
    await this.#sync();
    this.#segments.last.size += bytes.length;
    this.#durableEnd += bytes.length;
  }

  async #sync(): Promise<void> {
    const { fd, path } = this.#segments.last;
    try {
      await this.#disk.sync(fd);
    } catch (error) {
      // The system may have dropped the pages that it could not write: what the file has now is anyone's guess.
      this.#broken = new WriteFailed(path, error, ' Start the store again to go on.');
      throw this.#broken;
    }
  }

  /** Takes back all that is not durable: later appends counted on it. */
  #giveUp(group: Waiting[], error: WriteFailed): void {
    const all = [...group, ...this.#waiting];
    this.#waiting = [];
    this.index.takeBack(this.durableNext);
    this.#end = this.#durableEnd;
    if (!this.#broken) this.#cutOff(error);
    this.onTakenBack();
    for (const { failed } of all) failed(error);
  }

  #cutOff(error: WriteFailed): void {
    try {
      this.#segments.cut(this.#durableEnd);
    } catch {
      this.#broken = error;
    }
  }
}
