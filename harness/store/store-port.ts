/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface NewEvent {
  /** A UUID. An event whose id the stream has already is not appended again. Default: a new one. */
  id?: string;
  /** Past tense, PascalCase: `SuiteGraded`. */
  type: string;
  data: Json;
  /** Such as `$correlationId` and `$causationId`. */
  metadata?: { readonly [name: string]: Json };
}

/** A place in the order of all events: only a store can make one, and any later command may use it. */
export type Position = string;

export interface StoredEvent {
  stream: string;
  /** From 0, within its stream. */
  revision: number;
  /** Undefined from servers that don't say it with a stream's events. */
  position: Position | undefined;
  id: string;
  type: string;
  data: Json;
  metadata: { readonly [name: string]: Json };
  created: Date;
}

/** A number is the revision of the stream's newest event. */
export type ExpectedRevision = number | 'any' | 'no_stream' | 'stream_exists';

export interface Appended {
  /** Of the stream's newest event now. */
  revision: number;
  position: Position | undefined;
}

export interface ReadOptions<From> {
  /** The first event to be read; of all streams backwards, the one after it. Default: the beginning in the read's direction. */
  from?: From;
  direction?: 'forwards' | 'backwards';
  maxCount?: number;
}

export interface SubscribeOptions<From> {
  /** The last event that is known already. Default: 'start'. */
  after?: From | 'start' | 'end';
  /** Ends the subscription. */
  signal?: AbortSignal;
  /** Called once what was there has been handed over, and what comes is new. */
  onCaughtUp?: () => void;
}

/** Which events of all streams to hand over. Streams whose names begin with `$` are the store's own. */
export interface Filter {
  by: 'stream' | 'type';
  /** Any of them. */
  prefixes: readonly string[];
  /** Called now and then with how far the filter has looked, whether it found anything or not. */
  onCheckpoint?: (position: Position) => Promise<void> | void;
}

/** The project's whole use of an event store. Every method may throw StoreUnavailable. */
export interface EventStore {
  /** All events or none, durable when kept. Throws WrongExpectedRevision, StreamDeleted, AppendTooLarge. */
  append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended>;
  /** A stream that isn't there has no events. Throws StreamDeleted. */
  read(stream: string, options?: ReadOptions<number>): AsyncIterable<StoredEvent>;
  readAll(options?: ReadOptions<Position>): AsyncIterable<StoredEvent>;
  /** Never ends of itself: what comes is handed over as it comes. Throws StreamDeleted. */
  subscribe(stream: string, options?: SubscribeOptions<number>): AsyncIterable<StoredEvent>;
  subscribeToAll(options?: SubscribeOptions<Position> & { filter?: Filter }): AsyncIterable<StoredEvent>;
  /** Where the store is, for a person, and who can reach it. */
  readonly where: string;
  /** What it had to mend on opening, a line each. */
  readonly notices: readonly string[];
  /** Lets the store go. What wasn't awaited may be lost. */
  close(): Promise<void>;
}
