import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { NewEvent } from '../event-store.ts';
import type { ExpectedRevision } from '../expected-revision.ts';
import { encodeFields } from './recorded-event.ts';

/** What a request says that no server could do. */
export class InvalidRequest extends Error {
  override name = 'InvalidRequest';
}

/** The least that the append request's and the batch's messages have in common. */
export interface ProposedMessage {
  getId(): UUID | undefined;
  getMetadataMap(): { get(key: string): string | undefined };
  getCustomMetadata_asU8(): Uint8Array;
  getData_asU8(): Uint8Array;
}

/** An event of a request, with what it counts towards the limit of an append, in bytes. */
export function readProposed(message: ProposedMessage, created: number): NewEvent & { size: number } {
  const id = readId(message.getId());
  const metadata = message.getMetadataMap();
  const type = metadata.get('type');
  if (!type) throw new InvalidRequest('An event has no type.');
  const contentType = metadata.get('content-type') ?? 'application/octet-stream';
  const customMetadata = message.getCustomMetadata_asU8();
  const data = message.getData_asU8();
  const fields = encodeFields({ id, type, contentType, created, customMetadata, data });
  return { id, stored: { created, fields }, size: data.length + customMetadata.length + type.length };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id in its usual form, lower case. */
export function readId(id: UUID | undefined): string {
  const structured = id?.getStructured();
  if (structured) {
    const bits = Buffer.alloc(16);
    bits.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getMostSignificantBits())), 0);
    bits.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getLeastSignificantBits())), 8);
    const hex = bits.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
  const text = id?.getString().toLowerCase() ?? '';
  if (!uuid.test(text)) throw new InvalidRequest(`An event's id is not a UUID: "${text}".`);
  return text;
}

export function readStreamName(identifier: { getStreamName_asU8(): Uint8Array } | undefined): string {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
  if (name === '' || name === '$$') throw new InvalidRequest('The stream has no name.');
  if (Buffer.byteLength(name) > 0xffff) throw new InvalidRequest("The stream's name is longer than 65,535 bytes.");
  return name;
}

type RevisionOptions = streams.AppendReq.Options | streams.DeleteReq.Options | streams.TombstoneReq.Options;

export function readExpected(options: RevisionOptions): ExpectedRevision {
  const { ExpectedStreamRevisionCase: given } = streams.AppendReq.Options;
  switch (options.getExpectedStreamRevisionCase() as number) {
    case given.REVISION:
      return Number(options.getRevision());
    case given.NO_STREAM:
      return 'no_stream';
    case given.STREAM_EXISTS:
      return 'stream_exists';
    default:
      return 'any';
  }
}

export function readBatchExpected(options: streams.BatchAppendReq.Options): ExpectedRevision {
  const { ExpectedStreamPositionCase: given } = streams.BatchAppendReq.Options;
  switch (options.getExpectedStreamPositionCase()) {
    case given.STREAM_POSITION:
      return Number(options.getStreamPosition());
    case given.NO_STREAM:
      return 'no_stream';
    case given.STREAM_EXISTS:
      return 'stream_exists';
    default:
      return 'any';
  }
}
