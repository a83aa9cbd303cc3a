/** What a stream's metadata say about which of its events are still to be seen. */
export interface Truncation {
  /** Only so many of the newest. */
  maxCount?: number;
  /** Only those younger than this, in seconds. */
  maxAge?: number;
  /** Only those from this revision on. */
  truncateBefore?: number;
}

/** 2^63-1: a stream that is cut off here has been deleted, and may be written to again. */
export const DELETED = 9223372036854775807n;

export const METADATA_PREFIX = '$$';

export function isDeleted({ truncateBefore = 0 }: Truncation): boolean {
  return truncateBefore >= Number(DELETED);
}

/** Data that aren't a JSON object, and members that aren't numbers, limit nothing. */
export function parseTruncation(data: Uint8Array): Truncation {
  const json = parseObject(data);
  return {
    ...numeric('maxCount', json['$maxCount']),
    ...numeric('maxAge', json['$maxAge']),
    ...numeric('truncateBefore', json['$tb']),
  };
}

function numeric(name: keyof Truncation, value: unknown): Truncation {
  return typeof value === 'number' && value >= 0 ? { [name]: value } : {};
}

function parseObject(data: Uint8Array): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The metadata with another `$tb`. 2^63-1 can't be a JavaScript number, so the text is put together. */
export function withTruncateBefore(data: Uint8Array, truncateBefore: bigint): Buffer {
  const { $tb: _, ...rest } = parseObject(data);
  const others = JSON.stringify(rest).slice(1, -1);
  return Buffer.from(`{${others}${others === '' ? '' : ','}"$tb":${truncateBefore}}`);
}

/** The first revision to be seen of a stream whose newest is `last`. */
export function firstVisible({ maxCount, truncateBefore = 0 }: Truncation, last: number): number {
  return Math.max(truncateBefore, maxCount === undefined ? 0 : last - maxCount + 1, 0);
}
