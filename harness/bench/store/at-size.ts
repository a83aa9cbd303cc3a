import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EventStore } from '../../store/embedded/event-store.ts';
import { encodeFields } from '../../store/embedded/protocol/recorded-event.ts';
import { strippedCopy } from '../../store/embedded/stripped-copy.js';
import { aimed, benchEvent, figure, memoryOf, withServer } from './bench-server.ts';

const STREAMS = 1000;

/** Lines about opening, reading and memory with so many events. */
export async function atSize(folder: string, size: number): Promise<string[]> {
  await fill(join(folder, 'log'), size);
  const { ms, cpu, before, after } = await openAlone(join(folder, 'log'));
  const fromNothing = performance.now();
  return withServer(folder, async (client, pid) => {
    await eventsPerSecond(client.readAll({ maxCount: 1 }), 1);
    const started = performance.now() - fromNothing;
    const opened = memoryOf(pid);
    const cpuBefore = process.cpuUsage();
    const read = await eventsPerSecond(client.readAll({ maxCount: size }), size);
    const { user, system } = process.cpuUsage(cpuBefore);
    const subscription = client.subscribeToAll();
    const caughtUp = await eventsPerSecond(subscription, size);
    await subscription.unsubscribe();
    const alone = await eventsPerSecond(client.readStream('learner-7'), size / STREAMS);
    return [
      `${figure(size)} events`,
      `  opening the log        ${figure(ms)} ms (${figure(cpu)} ms of CPU), ${figure(after - before)} MB${size === 100_000 ? ` (aimed at ≤ 300 ms: ${ms <= 300 ? 'met' : 'not met'})` : ''}`,
      `  from nothing to a read ${figure(started)} ms`,
      `  reading all            ${aimed(read, '/s', 50_000)}, ${((user + system) / size).toFixed(1)} µs of the client's CPU an event`,
      `  catching up            ${figure(caughtUp)} /s`,
      `  one stream of ${figure(size / STREAMS).padEnd(8)} ${figure(alone)} /s`,
      `  the server's memory    ${figure(opened)} MB after opening, ${figure(memoryOf(pid))} MB after reading`,
    ];
  });
}

/** Writes the log without a server: only the log is of interest here. */
async function fill(folder: string, size: number): Promise<void> {
  const store = new EventStore(folder);
  const { data, type } = benchEvent(0);
  const bytes = Buffer.from(JSON.stringify(data));
  for (let n = 0; n < size; n += 1000) {
    const appends = Array.from({ length: 1000 }, (_, i) => {
      const id = randomUUID();
      const created = Date.now();
      const content = { id, type, contentType: 'application/json', created, customMetadata: Buffer.alloc(0) };
      const stored = { created, fields: encodeFields({ ...content, data: bytes }) };
      return store.append(`learner-${(n + i) % STREAMS}`, [{ id, stored }], 'any');
    });
    await Promise.all(appends);
  }
  await store.log.close();
}

interface Opened {
  ms: number;
  /** The part of `ms` in which the process had a core, which another load doesn't lengthen much. */
  cpu: number;
  before: number;
  after: number;
}

/** Opens the log in a fresh process: how long it takes, in ms, and its memory before and after, in MB. */
async function openAlone(folder: string): Promise<Opened> {
  const module = pathToFileURL(join(await strippedCopy(), 'event-store.js')).href;
  const program = `
    const { EventStore } = await import(${JSON.stringify(module)});
    const before = process.memoryUsage().rss / 2 ** 20;
    const cpuBefore = process.cpuUsage();
    const began = performance.now();
    const store = new EventStore(${JSON.stringify(folder)});
    const ms = performance.now() - began;
    const { user, system } = process.cpuUsage(cpuBefore);
    const cpu = (user + system) / 1000;
    console.log(JSON.stringify({ ms, cpu, before, after: process.memoryUsage().rss / 2 ** 20 }));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program]);
  return JSON.parse(said.toString()) as Opened;
}

async function eventsPerSecond(events: AsyncIterable<unknown>, count: number): Promise<number> {
  const began = performance.now();
  let seen = 0;
  for await (const _ of events) {
    seen += 1;
    if (seen === count) break;
  }
  return (seen / (performance.now() - began)) * 1000;
}
