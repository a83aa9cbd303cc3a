// The few pieces of protobuf that are written by hand, because every event that is read passes through them.

/** How many bytes a whole number below 2^53 takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/** Writes a whole number below 2^53 and returns where the next byte goes. */
export function putVarint(into: Buffer, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest >= 128) {
    into[next] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
    next += 1;
  }
  into[next] = rest;
  return next + 1;
}

/** A field that has bytes: its tag, their length, and they. */
export function bytesField(field: number, bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(1 + varintLength(bytes.length) + bytes.length);
  out[0] = (field << 3) | 2;
  out.set(bytes, putVarint(out, 1, bytes.length));
  return out;
}
