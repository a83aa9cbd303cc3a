import { readFully } from './segments.ts';

const BLOCK_BYTES = 64 * 1024;
const BLOCKS = 128;
const BLOCKS_PER_FILE = 2 ** 24;

/** The blocks read last, 8 MiB of them: a stream's events and its readers are near one another. */
export class BlockCache {
  /** In the order of their use. A block at the end of its file may be shorter than the file is by now. */
  readonly #blocks = new Map<number, Buffer>();

  /** The bytes of a file, by its number and descriptor. They are shared: don't change them. */
  bytes(file: number, fd: number, at: number, length: number): Buffer {
    const number = Math.floor(at / BLOCK_BYTES);
    const from = at - number * BLOCK_BYTES;
    if (from + length > BLOCK_BYTES) return readExactly(fd, at, length);
    return this.#block(file, fd, number, from + length).subarray(from, from + length);
  }

  clear(): void {
    this.#blocks.clear();
  }

  #block(file: number, fd: number, number: number, needed: number): Buffer {
    const key = file * BLOCKS_PER_FILE + number;
    const known = this.#blocks.get(key);
    if (known !== undefined) this.#blocks.delete(key);
    const block = known !== undefined && known.length >= needed ? known : readUpTo(fd, number * BLOCK_BYTES, needed);
    this.#blocks.set(key, block);
    if (this.#blocks.size > BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value as number);
    return block;
  }
}

function readUpTo(fd: number, at: number, needed: number): Buffer {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  const length = readFully(fd, block, BLOCK_BYTES, at);
  if (length < needed) throw new Error(`The log ends at byte ${at + length}, and ${at + needed} was asked for.`);
  return block.subarray(0, length);
}

function readExactly(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  const read = readFully(fd, bytes, length, at);
  if (read < length) throw new Error(`The log ends at byte ${at + read}, and ${at + length} was asked for.`);
  return bytes;
}
