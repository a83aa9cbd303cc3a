import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { BlockCache } from './block-cache.ts';
import { CorruptLog } from './log-errors.ts';

/** One file of the log. Offsets in the log go on from one file to the next. */
export interface Segment {
  /** Of its first byte, in the log. The file is named after it. */
  base: number;
  path: string;
  fd: number;
  /** In bytes. */
  size: number;
}

const fileName = /^(\d{16})\.log$/;

/** The files of the log, in order. The last one is written to. */
export class Segments {
  readonly folder: string;
  readonly #segments: Segment[] = [];
  readonly #cache = new BlockCache();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens what is in the folder, which is made if need be. Throws CorruptLog where a file in between is missing. */
  static open(folder: string): Segments {
    mkdirSync(folder, { recursive: true });
    const segments = new Segments(folder);
    const bases = readdirSync(folder).flatMap((name) => fileName.exec(name)?.[1] ?? []);
    for (const base of bases.sort()) segments.#attach(Number(base), 'r+');
    if (bases.length === 0) segments.roll(0);
    segments.#checkNoneMissing();
    return segments;
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get last(): Segment {
    return this.#segments.at(-1) as Segment;
  }

  /** Starts a new file at this offset of the log. */
  roll(base: number): void {
    this.#attach(base, 'wx+');
    syncFolder(this.folder);
  }

  /** Cuts the last file off at this offset of the log. */
  cut(offset: number): void {
    const { last } = this;
    ftruncateSync(last.fd, offset - last.base);
    fdatasyncSync(last.fd);
    last.size = offset - last.base;
    this.#cache.clear();
  }

  /** Bytes that the log has at this offset; they must not be changed. */
  bytes(offset: number, length: number): Buffer {
    let at = this.#segments.length - 1;
    while ((this.#segments[at] as Segment).base > offset) at -= 1;
    const segment = this.#segments[at] as Segment;
    return this.#cache.bytes(at, segment.fd, offset - segment.base, length);
  }

  close(): void {
    for (const { fd } of this.#segments) closeSync(fd);
    this.#segments.length = 0;
  }

  #attach(base: number, flags: string): void {
    const path = join(this.folder, `${String(base).padStart(16, '0')}.log`);
    const fd = openSync(path, flags, 0o600);
    this.#segments.push({ base, path, fd, size: fstatSync(fd).size });
  }

  #checkNoneMissing(): void {
    let end = 0;
    for (const { base, path, size } of this.#segments) {
      if (base !== end) {
        this.close();
        throw new CorruptLog(path, 0, `the log before it ends at byte ${end} and this file starts at ${base}`);
      }
      end = base + size;
    }
  }
}

/** Reads `length` bytes or up to the end of the file. */
export function readFully(fd: number, into: Buffer, length: number, position: number): number {
  let read = 0;
  while (read < length) {
    const bytes = readSync(fd, into, read, length - read, position + read);
    if (bytes === 0) break;
    read += bytes;
  }
  return read;
}

/** Makes a new file's name durable. Windows can't and needn't. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
