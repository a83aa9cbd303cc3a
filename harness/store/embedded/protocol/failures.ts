import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import type { ExpectedRevision } from '../expected-revision.ts';
import { CorruptLog, WriteFailed } from '../log/log-errors.ts';
import { InvalidRequest } from './requests.ts';

// Failures as the protocol has them: a gRPC status whose trailers name the exception and its particulars.

export const MAX_APPEND_BYTES = 1024 * 1024;

export function streamDeleted(stream: string): Partial<StatusObject> {
  return refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': headerValue(stream),
  });
}

export function wrongRevision(stream: string, expected: ExpectedRevision, actual: number): Partial<StatusObject> {
  return refusal(
    status.FAILED_PRECONDITION,
    `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': headerValue(stream),
      'expected-version': String(numeric[expected] ?? expected),
      ...(actual === -1 ? {} : { 'actual-version': String(actual) }),
    },
  );
}

const numeric: Record<string, number> = { no_stream: -1, any: -2, stream_exists: -4 };

export function appendTooLarge(): Partial<StatusObject> {
  return refusal(status.INVALID_ARGUMENT, `Maximum append size of ${MAX_APPEND_BYTES} bytes exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(MAX_APPEND_BYTES),
  });
}

/** Whatever was thrown, as the status that says it. */
export function asStatus(error: unknown): Partial<ServiceError> {
  const { message } = error as Error;
  if (error instanceof InvalidRequest) return { code: status.INVALID_ARGUMENT, details: message };
  if (error instanceof CorruptLog) return { code: status.DATA_LOSS, details: message };
  if (error instanceof WriteFailed) {
    const full = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    return { code: full ? status.RESOURCE_EXHAUSTED : status.INTERNAL, details: message };
  }
  return { code: status.INTERNAL, details: `The embedded event store failed: ${message}` };
}

function refusal(code: status, details: string, trailers: Record<string, string>): Partial<StatusObject> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
}

/** Trailers are ASCII. */
function headerValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text);
}
