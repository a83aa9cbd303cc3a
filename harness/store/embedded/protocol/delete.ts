import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { EventStore } from '../event-store.ts';
import { asStatus, streamDeleted, wrongRevision } from './failures.ts';
import { InvalidRequest, readExpected, readStreamName } from './requests.ts';

/** Delete: hides a stream's events; it may be written to again. */
export function deleteStream(
  store: EventStore,
  { request }: ServerUnaryCall<streams.DeleteReq, streams.DeleteResp>,
  respond: sendUnaryData<streams.DeleteResp>,
): void {
  run(store, 'delete', request.getOptions()).then(
    (position) => {
      const response = new streams.DeleteResp();
      response.setPosition(place(new streams.DeleteResp.Position(), position));
      respond(null, response);
    },
    (failure) => respond(failure),
  );
}

/** Tombstone: ends a stream for good. */
export function tombstoneStream(
  store: EventStore,
  { request }: ServerUnaryCall<streams.TombstoneReq, streams.TombstoneResp>,
  respond: sendUnaryData<streams.TombstoneResp>,
): void {
  run(store, 'tombstone', request.getOptions()).then(
    (position) => {
      const response = new streams.TombstoneResp();
      response.setPosition(place(new streams.TombstoneResp.Position(), position));
      respond(null, response);
    },
    (failure) => respond(failure),
  );
}

type Options = streams.DeleteReq.Options | streams.TombstoneReq.Options | undefined;

/** The position of what was written. Throws the gRPC status of a refusal. */
async function run(store: EventStore, how: 'delete' | 'tombstone', options: Options): Promise<number> {
  try {
    if (options === undefined) throw new InvalidRequest('The request has no options.');
    const stream = readStreamName(options.getStreamIdentifier());
    const expected = readExpected(options);
    const outcome = await store[how](stream, expected);
    if (outcome.kind === 'done') return outcome.position;
    throw outcome.kind === 'stream-deleted' ? streamDeleted(stream) : wrongRevision(stream, expected, outcome.actual);
  } catch (error) {
    throw error instanceof Error ? asStatus(error) : error;
  }
}

interface Place {
  setCommitPosition(value: string): unknown;
  setPreparePosition(value: string): unknown;
}

function place<P extends Place>(into: P, position: number): P {
  into.setCommitPosition(String(position));
  into.setPreparePosition(String(position));
  return into;
}
