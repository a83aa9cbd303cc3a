import { AppendTooLarge, StoreUnavailable, StreamDeleted, WrongExpectedRevision } from './store-errors.ts';
import type { ExpectedRevision } from './store-port.ts';

interface ClientError {
  type?: string;
  code?: number;
  message: string;
  actualVersion?: bigint | string;
  maxAppendSize?: number;
}

export function isUnavailable(error: unknown): boolean {
  return (error as ClientError).type === 'unavailable' || (error as ClientError).code === 14;
}

export function isNotFound(error: unknown): boolean {
  return (error as ClientError).type === 'stream-not-found';
}

/** What the client threw, in the words of the port. `where` is how a person would call the store. */
export function explain(error: unknown, where: string, stream: string, expected: ExpectedRevision): Error {
  const { type, code, message, actualVersion, maxAppendSize } = error as ClientError;
  if (type === 'wrong-expected-version') {
    const actual = typeof actualVersion === 'bigint' ? Number(actualVersion) : 'no_stream';
    return new WrongExpectedRevision(stream, expected, actual);
  }
  if (type === 'stream-deleted') return new StreamDeleted(stream);
  if (type === 'maximum-append-size-exceeded') return new AppendTooLarge(maxAppendSize ?? 0);
  const cause = { cause: error };
  if (type === 'access-denied' || code === 16 || code === 7) {
    return new StoreUnavailable(`${where} refuses these credentials. Correct them in the connection string.`, cause);
  }
  if (isUnavailable(error) || /Failed to discover/.test(message)) {
    return new StoreUnavailable(`${where} can't be reached (${plain(message)}).`, cause);
  }
  if (type === 'deadline-exceeded' || code === 4) {
    return new StoreUnavailable(`${where} didn't answer in time.`, cause);
  }
  return new StoreUnavailable(`${where}: ${plain(message)}`, cause);
}

/** Without what the client and gRPC put around it, and on one line. */
function plain(message: string): string {
  const sentence = message.replace(/^Could not recognize /, '').replace(/^\d+ [A-Z_]+: /, '');
  return sentence
    .replaceAll(/\s+/g, ' ')
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\. Resolution note: ?$/, '')
    .trim();
}
