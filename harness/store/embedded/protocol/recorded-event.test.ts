import streams from '@eventstore/db-client/generated/streams_pb.js';
import { expect, test } from 'vitest';
import {
  encodeFields,
  encodeReadEvent,
  encodeStreamField,
  storedData,
  storedId,
  storedType,
  withStructuredId,
} from './recorded-event.ts';

const id = '0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0';
const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => i % 256));

test.each([0, 1, 127, 128, 300, 70_000])(
  "the protocol's own classes read what is written by hand, with %i bytes of data",
  (length) => {
    const content = {
      id,
      type: 'Größe'.padEnd(length % 200, 'x'),
      contentType: 'application/json',
      created: 1_700_000_000_123,
    };
    const fields = encodeFields({ ...content, customMetadata: bytes(length), data: bytes(length) });
    expect([storedId(fields), storedType(fields), storedData(fields)]).toEqual([id, content.type, bytes(length)]);
    const revision = length * 1_000_003;
    const recorded = { fields, streamField: encodeStreamField('a-stream'), revision, position: length * 3_000_000_019 };
    const response = streams.ReadResp.deserializeBinary(encodeReadEvent(recorded, undefined));
    const event = response.getEvent()?.getEvent();
    expect(event?.getId()?.getString()).toBe(id);
    expect(Buffer.from(event?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString()).toBe('a-stream');
    expect([event?.getStreamRevision(), event?.getCommitPosition(), event?.getPreparePosition()]).toEqual([
      String(revision),
      String(recorded.position),
      String(recorded.position),
    ]);
    expect(event?.getMetadataMap().get('type')).toBe(content.type);
    expect(event?.getMetadataMap().get('created')).toBe('17000000001230000');
    expect(Buffer.from(event?.getData_asU8() ?? [])).toEqual(bytes(length));
    expect(Buffer.from(event?.getCustomMetadata_asU8() ?? [])).toEqual(bytes(length));
    expect(response.getEvent()?.getCommitPosition()).toBe(String(recorded.position));
  },
);

test("a tombstone's revision and an id as two numbers", () => {
  const fields = encodeFields({
    id,
    type: 'T',
    contentType: 'c',
    created: 1,
    customMetadata: bytes(0),
    data: bytes(3),
  });
  const recorded = {
    fields: withStructuredId(fields),
    streamField: encodeStreamField('s'),
    revision: 'tombstone',
    position: 1,
  } as const;
  const event = streams.ReadResp.deserializeBinary(encodeReadEvent(recorded, undefined)).getEvent()?.getEvent();
  expect(event?.getStreamRevision()).toBe('9223372036854775807');
  const structured = event?.getId()?.getStructured();
  const half = (text: string | undefined) =>
    BigInt.asUintN(64, BigInt(text ?? 0))
      .toString(16)
      .padStart(16, '0');
  const hex = half(structured?.getMostSignificantBits()) + half(structured?.getLeastSignificantBits());
  expect(hex).toBe(id.replaceAll('-', ''));
});
