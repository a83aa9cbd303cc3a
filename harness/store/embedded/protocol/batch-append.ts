import shared, { type UUID } from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { EventStore, NewEvent, Outcome } from '../event-store.ts';
import { asStatus, MAX_APPEND_BYTES } from './failures.ts';
import { InvalidRequest, readBatchExpected, readId, readProposed, readStreamName } from './requests.ts';

type Call = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

/** An append that is arriving in one or more messages. */
interface Arriving {
  options: streams.BatchAppendReq.Options;
  events: NewEvent[];
  size: number;
}

/** BatchAppend: many appends over one call, each answered when it is durable, in whatever order. */
export function batchAppend(store: EventStore, call: Call): void {
  const arriving = new Map<string, Arriving>();
  let open = 0;
  let ended = false;
  const endIfDone = () => {
    if (ended && open === 0) call.end();
  };
  call.on('data', (request: streams.BatchAppendReq) => {
    open += 1;
    take(store, arriving, request)
      .catch((error) => failed(request, asStatus(error).code ?? status.INTERNAL, (error as Error).message))
      .then((response) => {
        if (response && call.writable && !call.cancelled) call.write(response);
        open -= 1;
        endIfDone();
      });
  });
  call.on('end', () => {
    ended = true;
    endIfDone();
  });
  call.on('error', () => {});
}

async function take(
  store: EventStore,
  arriving: Map<string, Arriving>,
  request: streams.BatchAppendReq,
): Promise<streams.BatchAppendResp | undefined> {
  const correlation = readId(request.getCorrelationId());
  const options = request.getOptions() ?? arriving.get(correlation)?.options;
  if (options === undefined) throw new InvalidRequest('A batch began without its options.');
  const batch = arriving.get(correlation) ?? { options, events: [], size: 0 };
  arriving.set(correlation, batch);
  const created = Date.now();
  for (const message of request.getProposedMessagesList()) {
    const event = readProposed(message, created);
    batch.size += event.size;
    if (batch.size <= MAX_APPEND_BYTES) batch.events.push(event);
  }
  if (!request.getIsFinal()) return undefined;
  arriving.delete(correlation);
  const late = (options.getDeadline()?.toDate().getTime() ?? Number.POSITIVE_INFINITY) < created;
  if (late) return refused(request, batch, status.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout());
  if (batch.size > MAX_APPEND_BYTES) {
    const tooLarge = new shared.MaximumAppendSizeExceeded();
    tooLarge.setMaxappendsize(MAX_APPEND_BYTES);
    return refused(request, batch, status.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', tooLarge);
  }
  const stream = readStreamName(options.getStreamIdentifier());
  return respond(request, batch, await store.append(stream, batch.events, readBatchExpected(options)));
}

function respond(request: streams.BatchAppendReq, batch: Arriving, outcome: Outcome): streams.BatchAppendResp {
  if (outcome.kind === 'stream-deleted') {
    const deleted = new shared.StreamDeleted();
    deleted.setStreamIdentifier(batch.options.getStreamIdentifier());
    return refused(request, batch, status.FAILED_PRECONDITION, 'StreamDeleted', deleted);
  }
  if (outcome.kind === 'wrong-revision') {
    const wrong = wrongVersion(batch.options, outcome.actual);
    return refused(request, batch, status.FAILED_PRECONDITION, 'WrongExpectedVersion', wrong);
  }
  const done = new streams.BatchAppendResp.Success();
  if (outcome.revision === -1) done.setNoStream(new emptyPb.Empty());
  else done.setCurrentRevision(String(outcome.revision));
  const place = new shared.AllStreamPosition();
  place.setCommitPosition(String(outcome.position));
  place.setPreparePosition(String(outcome.position));
  done.setPosition(place);
  const response = responseTo(request.getCorrelationId(), batch.options);
  response.setSuccess(done);
  return response;
}

function wrongVersion(options: streams.BatchAppendReq.Options, actual: number): shared.WrongExpectedVersion {
  const wrong = new shared.WrongExpectedVersion();
  if (actual === -1) wrong.setCurrentNoStream(new emptyPb.Empty());
  else wrong.setCurrentStreamRevision(String(actual));
  const expected = readBatchExpected(options);
  if (expected === 'any') wrong.setExpectedAny(new emptyPb.Empty());
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new emptyPb.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new emptyPb.Empty());
  else wrong.setExpectedStreamPosition(String(expected));
  return wrong;
}

type Details = { serializeBinary(): Uint8Array };

function refused(
  request: streams.BatchAppendReq,
  { options }: Pick<Arriving, 'options'>,
  code: status,
  type: string,
  details: Details,
): streams.BatchAppendResp {
  const response = responseTo(request.getCorrelationId(), options);
  response.setError(statusOf(code, type, type, details));
  return response;
}

/** A failure that the protocol has no message for: its sentence goes into the status. */
function failed(request: streams.BatchAppendReq, code: number, sentence: string): streams.BatchAppendResp {
  const response = responseTo(request.getCorrelationId(), request.getOptions());
  const details = new shared.BadRequest();
  details.setMessage(sentence);
  response.setError(statusOf(code, sentence, 'BadRequest', details));
  return response;
}

function statusOf(code: number, message: string, type: string, details: Details): statusPb.Status {
  const packed = new anyPb.Any();
  packed.pack(details.serializeBinary(), `event_store.client.${type}`);
  const error = new statusPb.Status();
  error.setCode(code);
  error.setMessage(message);
  error.setDetails(packed);
  return error;
}

function responseTo(
  correlation: UUID | undefined,
  options: streams.BatchAppendReq.Options | undefined,
): streams.BatchAppendResp {
  const response = new streams.BatchAppendResp();
  response.setCorrelationId(correlation);
  response.setStreamIdentifier(options?.getStreamIdentifier() ?? new shared.StreamIdentifier());
  return response;
}
