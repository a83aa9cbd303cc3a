import type { EventLog } from './log/event-log.ts';
import type { StoredEvent } from './log/frame.ts';
import { storedData } from './protocol/recorded-event.ts';
import { METADATA_PREFIX, parseTruncation, type Truncation } from './stream-metadata.ts';

interface Known {
  truncation: Truncation;
  /** The metadata as they were written. */
  data: Uint8Array;
}

const NOTHING: Known = { truncation: {}, data: Buffer.alloc(0) };
const ONLY_THE_NEWEST: Known = { truncation: { maxCount: 1 }, data: Buffer.alloc(0) };

/** What each stream's newest metadata say, as far as anybody asked. */
export class Truncations {
  readonly #log: EventLog;
  /** By the name of the stream that has the metadata. */
  readonly #known = new Map<string, Known>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  of(stream: string): Known {
    if (stream.startsWith(METADATA_PREFIX)) return ONLY_THE_NEWEST;
    const metadataStream = METADATA_PREFIX + stream;
    const known = this.#known.get(metadataStream);
    if (known !== undefined) return known;
    const newest = this.#log.index.find(metadataStream)?.sequences.at(-1);
    return newest === undefined ? NOTHING : this.note(metadataStream, this.#log.read(newest));
  }

  /** Metadata that are being written count at once. */
  note(metadataStream: string, { fields }: StoredEvent): Known {
    const data = Buffer.from(storedData(fields));
    const known = { truncation: parseTruncation(data), data };
    this.#known.set(metadataStream, known);
    return known;
  }

  /** Metadata that were counted could not be written: what is known is read again. */
  forget(): void {
    this.#known.clear();
  }
}
