import zlib from 'node:zlib';

// A frame holds one append: `length u32 | crc32 u32 | payload`, little-endian. The payload opens with a mark, so that a
// frame can be found again behind a damaged one, and with how far the log was durable when the frame was written: that
// tells a torn write, which nobody was promised, from damage to what was acknowledged.
//
// payload: mark 4 | kind 1 | durable 6 | first sequence 6 | first revision 6 | events 4 | name length 2 | name | events
// event:   length u32 of the rest | created u48, ms since 1970 | its protobuf fields (see ../protocol/recorded-event.ts)

export const FRAME_HEADER_BYTES = 8;
export const MARK = Buffer.from('\u0001ESF', 'latin1');
export const EVENT_HEADER_BYTES = 10;
/** No frame is longer: an append may have 1 MiB of events, and each event some framing of its own. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

const PAYLOAD_HEADER_BYTES = 29;
const DURABLE_AT = FRAME_HEADER_BYTES + 5;

/** `seal` has no events: a clean stop writes it, so that everything before it is known to have been durable. */
export type FrameKind = 'append' | 'tombstone' | 'seal';
const KINDS: readonly FrameKind[] = ['append', 'tombstone', 'seal'];

export interface StoredEvent {
  /** Milliseconds since 1970. */
  created: number;
  /** The fields of the protocol's RecordedEvent that don't depend on where it is stored; its id comes first. */
  fields: Buffer;
}

export interface FrameHead {
  kind: FrameKind;
  durable: number;
  firstSequence: number;
  firstRevision: number;
  events: number;
  stream: string;
  /** Where the first event starts, from the start of the frame. */
  eventsAt: number;
}

export interface FrameContent {
  kind: FrameKind;
  firstSequence: number;
  firstRevision: number;
  stream: string;
  events: readonly StoredEvent[];
}

/** The frame's bytes, still without its checksum: {@link sealFrame} adds it when the frame is about to be written. */
export function encodeFrame(content: FrameContent): Buffer {
  const name = Buffer.from(content.stream, 'utf8');
  const eventsAt = FRAME_HEADER_BYTES + PAYLOAD_HEADER_BYTES + name.length;
  const bytes = content.events.reduce((sum, event) => sum + EVENT_HEADER_BYTES + event.fields.length, eventsAt);
  const frame = Buffer.allocUnsafe(bytes);
  frame.writeUInt32LE(bytes - FRAME_HEADER_BYTES, 0);
  MARK.copy(frame, 8);
  frame.writeUInt8(KINDS.indexOf(content.kind) + 1, 12);
  frame.writeUIntLE(content.firstSequence, 19, 6);
  frame.writeUIntLE(content.firstRevision, 25, 6);
  frame.writeUInt32LE(content.events.length, 31);
  frame.writeUInt16LE(name.length, 35);
  name.copy(frame, 37);
  let at = eventsAt;
  for (const { created, fields } of content.events) {
    frame.writeUInt32LE(EVENT_HEADER_BYTES - 4 + fields.length, at);
    frame.writeUIntLE(created, at + 4, 6);
    fields.copy(frame, at + EVENT_HEADER_BYTES);
    at += EVENT_HEADER_BYTES + fields.length;
  }
  return frame;
}

/** Notes how far the log is durable, and signs the frame. */
export function sealFrame(frame: Buffer, durable: number): void {
  frame.writeUIntLE(durable, DURABLE_AT, 6);
  frame.writeUInt32LE(zlib.crc32(frame.subarray(FRAME_HEADER_BYTES)), 4);
}

/** The frame's length with its header; 0 where the bytes between `at` and `end` don't start one. */
export function frameLength(bytes: Buffer, at: number, end: number): number {
  if (at + FRAME_HEADER_BYTES > end) return 0;
  const payload = bytes.readUInt32LE(at);
  return payload < PAYLOAD_HEADER_BYTES || payload > MAX_PAYLOAD_BYTES ? 0 : FRAME_HEADER_BYTES + payload;
}

/** The head of the whole frame at `at`, or undefined where its mark, its kind or its checksum is wrong. */
export function readFrame(bytes: Buffer, at: number, length: number): FrameHead | undefined {
  if (bytes.readUInt32LE(at + 8) !== MARK.readUInt32LE(0)) return undefined;
  if (zlib.crc32(bytes.subarray(at + FRAME_HEADER_BYTES, at + length)) !== bytes.readUInt32LE(at + 4)) return undefined;
  const kind = KINDS[bytes.readUInt8(at + 12) - 1];
  if (kind === undefined) return undefined;
  const eventsAt = FRAME_HEADER_BYTES + PAYLOAD_HEADER_BYTES + bytes.readUInt16LE(at + 35);
  return {
    kind,
    durable: readU48(bytes, at + 13),
    firstSequence: readU48(bytes, at + 19),
    firstRevision: readU48(bytes, at + 25),
    events: bytes.readUInt32LE(at + 31),
    stream: bytes.toString('utf8', at + FRAME_HEADER_BYTES + PAYLOAD_HEADER_BYTES, at + eventsAt),
    eventsAt,
  };
}

/** `readUIntLE` for six bytes, which takes several times as long: opening reads three of these for every append. */
function readU48(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt16LE(at + 4) * 2 ** 32;
}
