import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type EventFilter, readFilter } from './event-filter.ts';
import { InvalidRequest, readStreamName } from './requests.ts';

/** Where a read begins: a revision of the stream, or a position in the log. */
export type From = number | 'start' | 'end';

export interface ReadRequest {
  /** Undefined: all streams, in the order of the log. */
  stream: string | undefined;
  from: From;
  backwards: boolean;
  /** Undefined: a subscription, which doesn't end. */
  count: number | undefined;
  filter: EventFilter | undefined;
  resolveLinks: boolean;
  structuredIds: boolean;
}

/** Throws InvalidRequest. */
export function readRequest(request: streams.ReadReq): ReadRequest {
  const options = request.getOptions();
  const stream = options?.getStream();
  const all = options?.getAll();
  if (!options || !(stream || all)) throw new InvalidRequest('The request names neither a stream nor all of them.');
  const filter = options.getFilter();
  return {
    stream: stream && readStreamName(stream.getStreamIdentifier()),
    from: stream ? fromRevision(stream) : fromPosition(all as streams.ReadReq.Options.AllOptions),
    backwards: options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS,
    count: options.hasSubscription() ? undefined : Number(options.getCount()),
    filter: filter && readFilter(filter),
    resolveLinks: options.getResolveLinks(),
    structuredIds: options.getUuidOption()?.hasStructured() ?? false,
  };
}

function fromRevision(options: streams.ReadReq.Options.StreamOptions): From {
  if (options.hasStart()) return 'start';
  return options.hasEnd() ? 'end' : Number(options.getRevision());
}

function fromPosition(options: streams.ReadReq.Options.AllOptions): From {
  const position = options.getPosition();
  if (position) return Number(position.getCommitPosition());
  return options.hasEnd() ? 'end' : 'start';
}
