import { randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { EventStore, type NewEvent } from '../event-store.ts';
import { encodeFields } from '../protocol/recorded-event.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'store-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function event(text: string, id: string = randomUUID()): NewEvent {
  const content = { id, type: 'Tested', contentType: 'application/octet-stream', created: 1000 };
  const fields = encodeFields({ ...content, customMetadata: Buffer.alloc(0), data: Buffer.from(text) });
  return { id, stored: { created: 1000, fields } };
}

/** A log of these appends, as a process leaves it that was killed or (`closed`) stopped. */
export async function writeLog(
  folder: string,
  appends: string[][],
  closed = false,
  segmentBytes?: number,
): Promise<void> {
  const store = new EventStore(folder, segmentBytes === undefined ? {} : { segmentBytes });
  for (const texts of appends)
    await store.append(
      'stream',
      texts.map((text) => event(text)),
      'any',
    );
  if (closed) await store.log.close();
}

export function filesOf(folder: string): { path: string; bytes: Buffer }[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({ path: join(folder, name), bytes: readFileSync(join(folder, name)) }));
}

/** Where each frame of a file starts. */
export function framesOf(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += 8 + bytes.readUInt32LE(at)) starts.push(at);
  return starts;
}

export function overwrite(path: string, at: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** The data of the stream's events. */
export function textsOf(store: EventStore): string[] {
  const sequences = store.log.index.find('stream')?.sequences ?? [];
  return sequences.map((sequence) => store.log.read(sequence).fields.toString('latin1').split(/B./s).at(-1) ?? '');
}
