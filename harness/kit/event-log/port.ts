export interface EventToAppend {
  /** A UUID; default a fresh one. The same id at the same place is stored once. */
  id?: string;
  type: string;
  /** Plain JSON, as `metadata`. */
  data: object;
  metadata?: object;
}

export interface LoggedEvent {
  id: string;
  stream: string;
  /** Its place in its stream, from 0, without gaps. */
  revision: number;
  /** Its place among all events; grows, with gaps. */
  position: number;
  type: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** What the stream must look like: the revision of its last event, no event, at least one, or anything. */
export type Expected = number | 'none' | 'exists' | 'any';

/** The stream was not as expected, and nothing was appended. */
export interface WrongExpectedRevision extends Error {
  code: 'WRONG_EXPECTED_REVISION';
  expected: Expected;
  /** The revision of the stream's last event; 'none' where there is none. */
  actual: number | 'none';
}

export interface EventLog {
  /** Appends all or nothing; resolves to the revision of the last. Rejects with a `WrongExpectedRevision`. */
  append(
    stream: string,
    events: readonly EventToAppend[],
    options?: { expected?: Expected },
  ): Promise<{ revision: number }>;
  /** Events of a stream in order, from revision `from` on; none where the stream doesn't exist. */
  read(stream: string, options?: { from?: number; limit?: number }): Promise<LoggedEvent[]>;
  /** Events of all streams in the order in which they were appended, beginning after position `after`. */
  readAll(options?: { after?: number; limit?: number }): Promise<LoggedEvent[]>;
}
