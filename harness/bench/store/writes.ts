import { closeSync, fdatasync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aimed, benchEvent, figure, withServer } from './bench-server.ts';

const SECONDS = 3;
const RECORD_BYTES = 300;
const AT_ONCE = 64;
const IN_A_BATCH = 500;

/** Lines about appends one at a time, concurrent and in batches, each with the same bytes written to a bare file. */
export async function writes(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const bare = {
    one: await bareWrites(folder, 1),
    atOnce: await bareWrites(folder, AT_ONCE),
    batch: await bareWrites(folder, IN_A_BATCH),
  };
  return withServer(folder, async (client) => {
    let n = 0;
    const append = (events: number) => {
      const stream = `learner-${n % 100}`;
      n += events;
      return client.appendToStream(
        stream,
        Array.from({ length: events }, (_, i) => benchEvent(n + i)),
      );
    };
    await perSecond(0.5, 1, () => append(1));
    const one = await perSecond(SECONDS, 1, () => append(1));
    const atOnce = await perSecond(SECONDS, AT_ONCE, () => append(1));
    const batch = (await perSecond(SECONDS, 2, () => append(IN_A_BATCH))) * IN_A_BATCH;
    return [
      `appends one at a time    ${aimed(one, '/s', 1300)}; bare writes ${figure(bare.one)} /s, ratio ${ratio(one, bare.one)}`,
      `appends, ${AT_ONCE} at once      ${aimed(atOnce, '/s', 7000)}; bare writes of ${AT_ONCE} records ${figure(bare.atOnce)} records/s, ratio ${ratio(atOnce, bare.atOnce)}`,
      `events in batches of ${IN_A_BATCH} ${figure(batch)} /s; bare writes of ${IN_A_BATCH} records ${figure(bare.batch)} records/s, ratio ${ratio(batch, bare.batch)}`,
    ];
  });
}

const ratio = (ours: number, theirs: number) => (ours / theirs).toFixed(2);

/** Records per second written to a file, `records` between one fdatasync and the next. */
async function bareWrites(folder: string, records: number): Promise<number> {
  const sync = promisify(fdatasync);
  const fd = openSync(join(folder, `bare-${records}`), 'w');
  const bytes = Buffer.alloc(RECORD_BYTES * records, 'x');
  try {
    return (
      records *
      (await perSecond(SECONDS, 1, async () => {
        writeSync(fd, bytes);
        await sync(fd);
      }))
    );
  } finally {
    closeSync(fd);
  }
}

/** How often an action is done per second by so many at once. */
async function perSecond(seconds: number, atOnce: number, action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let done = 0;
  const work = async () => {
    while (performance.now() - began < seconds * 1000) {
      await action();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (done / (performance.now() - began)) * 1000;
}
