import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { EventStore, NewEvent, Outcome } from '../event-store.ts';
import type { ExpectedRevision } from '../expected-revision.ts';
import { appendTooLarge, asStatus, MAX_APPEND_BYTES, streamDeleted } from './failures.ts';
import { InvalidRequest, readExpected, readProposed, readStreamName } from './requests.ts';

type Call = ServerReadableStream<streams.AppendReq, streams.AppendResp>;

/** Append: the stream and what is expected of it first, then a message for each event. */
export function append(store: EventStore, call: Call, respond: sendUnaryData<streams.AppendResp>): void {
  let stream = '';
  let expected: ExpectedRevision = 'any';
  const events: NewEvent[] = [];
  let size = 0;
  let answered = false;
  const answer: sendUnaryData<streams.AppendResp> = (error, response) => {
    if (answered) return;
    answered = true;
    respond(error, response);
  };
  const take = (request: streams.AppendReq) => {
    const options = request.getOptions();
    if (options) {
      stream = readStreamName(options.getStreamIdentifier());
      expected = readExpected(options);
    }
    const message = request.getProposedMessage();
    if (!message || size > MAX_APPEND_BYTES) return;
    const event = readProposed(message, Date.now());
    events.push(event);
    size += event.size;
  };
  call.on('data', (request: streams.AppendReq) => {
    try {
      take(request);
    } catch (error) {
      answer(asStatus(error));
    }
  });
  call.on('end', () => {
    if (answered) return;
    if (stream === '') answer(asStatus(new InvalidRequest('The stream has no name.')));
    if (size > MAX_APPEND_BYTES) answer(appendTooLarge());
    if (answered) return;
    store.append(stream, events, expected).then(
      (outcome) => reply(answer, stream, expected, outcome),
      (error) => answer(asStatus(error)),
    );
  });
  call.on('error', () => {});
}

function reply(
  answer: sendUnaryData<streams.AppendResp>,
  stream: string,
  expected: ExpectedRevision,
  outcome: Outcome,
): void {
  const response = new streams.AppendResp();
  switch (outcome.kind) {
    case 'stream-deleted':
      answer(streamDeleted(stream));
      return;
    case 'done':
      response.setSuccess(success(outcome));
      break;
    case 'wrong-revision':
      response.setWrongExpectedVersion(wrongVersion(expected, outcome.actual));
  }
  answer(null, response);
}

function success({ revision, position }: { revision: number; position: number }): streams.AppendResp.Success {
  const done = new streams.AppendResp.Success();
  if (revision === -1) done.setNoStream(new shared.Empty());
  else done.setCurrentRevision(String(revision));
  const place = new streams.AppendResp.Position();
  place.setCommitPosition(String(position));
  place.setPreparePosition(String(position));
  done.setPosition(place);
  return done;
}

function wrongVersion(expected: ExpectedRevision, actual: number): streams.AppendResp.WrongExpectedVersion {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (actual === -1) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(actual));
  if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new shared.Empty());
  else wrong.setExpectedRevision(String(expected));
  return wrong;
}
