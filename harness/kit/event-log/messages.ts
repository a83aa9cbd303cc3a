import type { Expected, LoggedEvent } from './port.ts';
import type { CheckedEvent } from './rules.ts';

// What suites and the process of the event store's client say to each other: JSON, a line each. The first line of a
// suite is the owner's token.

/** Streams of one scene begin with its `prefix`; `stream` is without it. */
export type Request = { n: number; prefix: string } & (
  | { op: 'append'; stream: string; events: CheckedEvent[]; expected: Expected }
  | { op: 'read'; stream: string; from: number; limit: number | null }
  | { op: 'readAll'; after: number | null; limit: number | null }
);

export type Response = { n: number } & (
  | { done: { revision: number } | LoggedEvent[] }
  /** -1: the stream has no event. */
  | { wrongRevision: { last: number } }
  | { failed: string }
);
