import type { EventIndex } from './event-index.ts';
import { hashId } from './event-index.ts';
import {
  EVENT_HEADER_BYTES,
  FRAME_HEADER_BYTES,
  type FrameHead,
  frameLength,
  MARK,
  MAX_PAYLOAD_BYTES,
  readFrame,
} from './frame.ts';
import { CorruptLog } from './log-errors.ts';
import { readFully, type Segment, type Segments } from './segments.ts';

/** An unfinished write that was cut off: nobody had been told that it was stored. */
export interface TornTail {
  file: string;
  /** From the start of the file. */
  offset: number;
  bytes: number;
}

const WINDOW_BYTES = 1024 * 1024;

/**
 * Checks every frame of the log, enters its events in the index, and cuts a torn tail off.
 * Throws CorruptLog where a frame is damaged that had been acknowledged; then nothing has been changed.
 */
export function recover(segments: Segments, index: EventIndex): TornTail | undefined {
  for (const segment of segments.all) {
    const bad = scan(segment, index);
    if (bad === segment.size) continue;
    if (segment !== segments.last || vouchedFor(segment, bad)) {
      throw new CorruptLog(segment.path, bad, 'a frame there fails its check, and later ones were acknowledged');
    }
    const torn = { file: segment.path, offset: bad, bytes: segment.size - bad };
    segments.cut(segment.base + bad);
    return torn;
  }
  return undefined;
}

/** Enters the segment's good frames in the index. Returns where the first bad one is, or the segment's size. */
function scan(segment: Segment, index: EventIndex): number {
  let window = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  let windowAt = 0;
  let filled = 0;
  let at = 0;
  while (at < segment.size) {
    let length = frameLength(window, at - windowAt, filled);
    if (length === 0 || at - windowAt + length > filled) {
      if (length > window.length) window = Buffer.allocUnsafeSlow(length + WINDOW_BYTES);
      windowAt = at;
      filled = readFully(segment.fd, window, window.length, at);
      length = frameLength(window, 0, filled);
      if (length > filled && length <= segment.size - at) continue;
    }
    if (length === 0 || at + length > segment.size) return at;
    const head = readFrame(window, at - windowAt, length);
    if (head === undefined || !enter(head, window, at - windowAt, segment.base + at, index)) return at;
    at += length;
  }
  return at;
}

/** Enters a frame's events, unless it doesn't follow on what is in the index already. */
function enter(head: FrameHead, bytes: Buffer, at: number, offset: number, index: EventIndex): boolean {
  if (head.firstSequence !== index.next) return false;
  if (head.kind === 'seal') return true;
  const stream = index.findOrAdd(head.stream);
  if (head.kind === 'append' && head.firstRevision !== stream.sequences.length) return false;
  let event = head.eventsAt;
  for (let i = 0; i < head.events; i += 1) {
    const sequence = index.add(stream, offset + event, hashId(bytes, at + event + EVENT_HEADER_BYTES + 4));
    if (head.kind === 'tombstone') stream.tombstone = sequence;
    else stream.sequences.push(sequence);
    event += 4 + bytes.readUInt32LE(at + event);
  }
  return true;
}

/** Whether a good frame behind `bad` says that the log had been durable beyond it. */
function vouchedFor(segment: Segment, bad: number): boolean {
  const rest = Buffer.allocUnsafeSlow(Math.min(segment.size - bad, MAX_PAYLOAD_BYTES));
  const tail = rest.subarray(0, readFully(segment.fd, rest, rest.length, bad));
  for (let mark = tail.indexOf(MARK, FRAME_HEADER_BYTES + 1); mark !== -1; mark = tail.indexOf(MARK, mark + 1)) {
    const at = mark - FRAME_HEADER_BYTES;
    const length = frameLength(tail, at, tail.length);
    if (length === 0 || at + length > tail.length) continue;
    const head = readFrame(tail, at, length);
    if (head !== undefined && head.durable > segment.base + bad) return true;
  }
  return false;
}
