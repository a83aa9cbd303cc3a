import type { ExpectedRevision } from './store-port.ts';

/** The store can't be had, or failed; the message is one line that says why and what helps. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** Somebody else has written to the stream. */
export class WrongExpectedRevision extends Error {
  override name = 'WrongExpectedRevision';
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly actual: number | 'no_stream';

  constructor(stream: string, expected: ExpectedRevision, actual: number | 'no_stream') {
    super(`${stream} was expected at ${expected} and is at ${actual}.`);
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The stream has been ended for good. */
export class StreamDeleted extends Error {
  override name = 'StreamDeleted';

  constructor(stream: string) {
    super(`${stream} has been deleted for good.`);
  }
}

/** An append has more bytes than the store takes at once. */
export class AppendTooLarge extends Error {
  override name = 'AppendTooLarge';

  constructor(maxBytes: number) {
    super(`The store takes ${maxBytes} bytes of events at once, and there were more.`);
  }
}
