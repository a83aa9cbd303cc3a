import { bytesField, putVarint, varintLength } from './wire.ts';

// ReadResp.ReadEvent.RecordedEvent: id 1, stream 2, revision 3, prepare 4, commit 5, metadata map 6, custom metadata 7,
// data 8. The log has the fields 1, 6, 7 and 8 as they go over the wire; the others are put behind them when an event is
// read, for protobuf doesn't mind the order.

export interface ProposedEvent {
  /** A UUID in its usual form, lower case. */
  id: string;
  type: string;
  contentType: string;
  /** Milliseconds since 1970. */
  created: number;
  customMetadata: Uint8Array;
  data: Uint8Array;
}

/** The revision of a tombstone, 2^63-1, is beyond JavaScript's whole numbers: it goes by this name. */
export type Revision = number | 'tombstone';

const TICKS_PER_MS = 10_000;
const ID_FIELD_BYTES = 40;
const TOMBSTONE_REVISION = Buffer.from('ffffffffffffffff7f', 'hex');

/** The stored fields. The id's 36 characters start at byte 4. */
export function encodeFields(event: ProposedEvent): Buffer {
  const parts = [
    bytesField(1, bytesField(2, Buffer.from(event.id, 'latin1'))),
    mapEntry('type', event.type),
    mapEntry('content-type', event.contentType),
    // Ticks of 100 ns. Their digits are put together: the number itself is beyond 2^53.
    mapEntry('created', `${event.created}${String(TICKS_PER_MS).slice(1)}`),
  ];
  if (event.customMetadata.length > 0) parts.push(bytesField(7, event.customMetadata));
  if (event.data.length > 0) parts.push(bytesField(8, event.data));
  return Buffer.concat(parts);
}

function mapEntry(key: string, value: string): Buffer {
  return bytesField(6, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, Buffer.from(value))]));
}

export function storedId(fields: Buffer): string {
  return fields.toString('latin1', 4, 4 + 36);
}

/** The event's type, which follows its id. */
export function storedType(fields: Buffer): string {
  // Entry: tag, length; key: tag, length, 'type'; value: tag, length, bytes.
  const [, entryAt] = getVarint(fields, ID_FIELD_BYTES + 1);
  const [length, at] = getVarint(fields, entryAt + 7);
  return fields.toString('utf8', at, at + length);
}

/** The event's data: its last field, if it has any. */
export function storedData(fields: Buffer): Buffer {
  let at = 0;
  while (at < fields.length) {
    const field = (fields[at] as number) >> 3;
    const [length, start] = getVarint(fields, at + 1);
    if (field === 8) return fields.subarray(start, start + length);
    at = start + length;
  }
  return Buffer.alloc(0);
}

function getVarint(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  let scale = 1;
  for (let next = at; ; next += 1) {
    const byte = bytes[next] as number;
    value += (byte & 127) * scale;
    if (byte < 128) return [value, next + 1];
    scale *= 128;
  }
}

/** The stream's name as RecordedEvent has it. */
export function encodeStreamField(name: string): Buffer {
  return bytesField(2, bytesField(3, Buffer.from(name, 'utf8')));
}

export interface Recorded {
  fields: Buffer;
  /** From {@link encodeStreamField}. */
  streamField: Buffer;
  revision: Revision;
  position: number;
}

/** A whole ReadResp with an event, and the link that led to it. Either may be missing, not both. */
export function encodeReadEvent(event: Recorded | undefined, link: Recorded | undefined): Buffer {
  const eventLength = event === undefined ? 0 : recordedLength(event);
  const linkLength = link === undefined ? 0 : recordedLength(link);
  const { position } = (link ?? event) as Recorded;
  const inner = withHead(eventLength) + withHead(linkLength) + 1 + varintLength(position);
  const out = Buffer.allocUnsafe(1 + varintLength(inner) + inner);
  out[0] = 0x0a;
  let at = putVarint(out, 1, inner);
  if (event !== undefined) at = putRecorded(out, at, 0x0a, eventLength, event);
  if (link !== undefined) at = putRecorded(out, at, 0x12, linkLength, link);
  out[at] = 0x18;
  putVarint(out, at + 1, position);
  return out;
}

function withHead(length: number): number {
  return length === 0 ? 0 : 1 + varintLength(length) + length;
}

function recordedLength({ fields, streamField, revision, position }: Recorded): number {
  const revisionLength = revision === 'tombstone' ? TOMBSTONE_REVISION.length : varintLength(revision);
  return fields.length + streamField.length + 1 + revisionLength + 2 * (1 + varintLength(position));
}

function putRecorded(out: Buffer, start: number, tag: number, length: number, event: Recorded): number {
  out[start] = tag;
  let at = putVarint(out, start + 1, length);
  at += event.fields.copy(out, at);
  at += event.streamField.copy(out, at);
  out[at] = 0x18;
  if (event.revision === 'tombstone') at += 1 + TOMBSTONE_REVISION.copy(out, at + 1);
  else at = putVarint(out, at + 1, event.revision);
  out[at] = 0x20;
  at = putVarint(out, at + 1, event.position);
  out[at] = 0x28;
  return putVarint(out, at + 1, event.position);
}

/** The same fields with the id as two numbers, for clients that ask for it so. */
export function withStructuredId(fields: Buffer): Buffer {
  const bits = Buffer.from(storedId(fields).replaceAll('-', ''), 'hex');
  const structured = Buffer.concat([int64Field(1, bits.readBigUInt64BE(0)), int64Field(2, bits.readBigUInt64BE(8))]);
  return Buffer.concat([bytesField(1, bytesField(1, structured)), fields.subarray(ID_FIELD_BYTES)]);
}

function int64Field(field: number, value: bigint): Buffer {
  const bytes = [field << 3];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
