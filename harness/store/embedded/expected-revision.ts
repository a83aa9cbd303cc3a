/** What a writer expects of a stream: a revision is its newest one. */
export type ExpectedRevision = number | 'any' | 'no_stream' | 'stream_exists';

/** A stream as the next write finds it. */
export interface WrittenStream {
  /** The newest revision. -1: none. */
  last: number;
  /** Deleted, and not written to since. */
  deleted: boolean;
  /** The revision that the stream has an event at which has this id, or undefined. */
  revisionOf: (id: string) => number | undefined;
  hasAt: (revision: number, id: string) => boolean;
}

export type Decision =
  | { kind: 'write' }
  /** The same events were written before, up to this revision. */
  | { kind: 'written-before'; last: number }
  | { kind: 'wrong-revision' };

/**
 * Whether an append may be made. One whose events are already there, where it would have put them, is done and not
 * repeated; one of which only a part is there is refused.
 */
export function decideAppend(stream: WrittenStream, expected: ExpectedRevision, ids: readonly string[]): Decision {
  const { last, deleted } = stream;
  if (expected === 'stream_exists' && (deleted || last === -1)) return { kind: 'wrong-revision' };
  if (expected === 'any' || expected === 'stream_exists') {
    const first = deleted || ids[0] === undefined ? undefined : stream.revisionOf(ids[0]);
    return first === undefined ? { kind: 'write' } : repeated(stream, first, ids);
  }
  const expectedLast = expected === 'no_stream' ? -1 : expected;
  if (expectedLast === last || (deleted && expectedLast === -1)) return { kind: 'write' };
  if (deleted || expectedLast > last || ids.length === 0) return { kind: 'wrong-revision' };
  return repeated(stream, expectedLast + 1, ids);
}

function repeated(stream: WrittenStream, first: number, ids: readonly string[]): Decision {
  const allThere = ids.every((id, i) => first + i <= stream.last && stream.hasAt(first + i, id));
  return allThere ? { kind: 'written-before', last: first + ids.length - 1 } : { kind: 'wrong-revision' };
}

/** Whether a stream may be deleted. */
export function mayDelete(stream: Pick<WrittenStream, 'last' | 'deleted'>, expected: ExpectedRevision): boolean {
  if (expected === 'any') return true;
  const there = stream.last !== -1 && !stream.deleted;
  if (expected === 'stream_exists') return there;
  return expected === 'no_stream' ? !there : expected === stream.last;
}
