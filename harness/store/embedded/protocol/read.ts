import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { EventStore } from '../event-store.ts';
import { EventEncoder } from './event-encoder.ts';
import { asStatus, streamDeleted } from './failures.ts';
import { Outlet } from './outlet.ts';
import { type Places, placesToFollow, placesToRead } from './places.ts';
import { type ReadRequest, readRequest } from './read-request.ts';

type Call = ServerWritableStream<streams.ReadReq, Buffer>;

/** After so many events that a filter leaves out, others get their turn. */
const LEFT_OUT_AT_ONCE = 2048;

/** Read: a stream or all of them, in either direction, once or as a subscription. */
export async function read(store: EventStore, call: Call): Promise<void> {
  const outlet = new Outlet(call);
  try {
    const request = readRequest(call.request);
    if (request.count === undefined) await follow(store, request, outlet);
    else await readOnce(store, request, request.count, outlet);
    if (!outlet.closed) call.end();
  } catch (error) {
    // grpc-js takes a status with its trailers where an error goes.
    if (!outlet.closed) call.emit('error', error instanceof Error ? asStatus(error) : error);
  }
}

async function readOnce(
  store: EventStore,
  request: ReadRequest,
  count: number,
  outlet: Outlet<streams.ReadReq>,
): Promise<void> {
  const found = placesToRead(store, request);
  if (found === 'deleted') throw streamDeleted(request.stream as string);
  if (found === 'missing') outlet.send(notFound(request.stream as string));
  else await new Delivery(store, request, outlet).deliver(found, count);
}

async function follow(store: EventStore, request: ReadRequest, outlet: Outlet<streams.ReadReq>): Promise<void> {
  const places = placesToFollow(store, request);
  const delivery = new Delivery(store, request, outlet);
  if (places() === 'deleted') throw streamDeleted(request.stream as string);
  outlet.send(confirmation());
  for (let live = false; !outlet.closed; live = true) {
    const { more } = store;
    const found = places();
    if (found === 'deleted') throw streamDeleted(request.stream as string);
    if (found !== 'missing') await delivery.deliver(found, Number.POSITIVE_INFINITY);
    if (!live) outlet.send(caughtUp());
    await Promise.race([more, outlet.over]);
  }
}

/** Sends events, and checkpoints where a subscription has a filter. */
class Delivery {
  readonly #request: ReadRequest;
  readonly #outlet: Outlet<streams.ReadReq>;
  readonly #encoder: EventEncoder;
  #sinceCheckpoint = 0;

  constructor(store: EventStore, request: ReadRequest, outlet: Outlet<streams.ReadReq>) {
    this.#request = request;
    this.#outlet = outlet;
    this.#encoder = new EventEncoder(store, request);
  }

  /** Until there are no more places, `count` events were sent, or the reader has gone. */
  async deliver(places: Places, count: number): Promise<void> {
    let sent = 0;
    let leftOut = 0;
    while (sent < count && !this.#outlet.closed) {
      const place = places.next();
      if (place === undefined) return;
      const message = this.#encoder.encode(place, places.notBefore);
      if (message !== undefined) {
        sent += 1;
        if (!this.#outlet.send(message)) await this.#outlet.drained();
      } else if (++leftOut % LEFT_OUT_AT_ONCE === 0) await nextTurn();
      if (this.#request.filter !== undefined) this.#countTowardsCheckpoint(place.sequence);
    }
  }

  #countTowardsCheckpoint(sequence: number): void {
    const { filter, count } = this.#request;
    this.#sinceCheckpoint += 1;
    if (filter === undefined || count !== undefined || this.#sinceCheckpoint < filter.checkpointEvery) return;
    this.#sinceCheckpoint = 0;
    this.#outlet.send(checkpoint(sequence));
  }
}

function response(fill: (message: streams.ReadResp) => void): Buffer {
  const message = new streams.ReadResp();
  fill(message);
  return Buffer.from(message.serializeBinary());
}

function confirmation(): Buffer {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId(randomUUID());
  return response((message) => message.setConfirmation(confirmed));
}

function caughtUp(): Buffer {
  return response((message) => message.setCaughtUp(new streams.ReadResp.CaughtUp()));
}

function checkpoint(sequence: number): Buffer {
  const reached = new streams.ReadResp.Checkpoint();
  reached.setCommitPosition(String(sequence));
  reached.setPreparePosition(String(sequence));
  return response((message) => message.setCheckpoint(reached));
}

function notFound(stream: string): Buffer {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream).toString('base64'));
  const missing = new streams.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier);
  return response((message) => message.setStreamNotFound(missing));
}
