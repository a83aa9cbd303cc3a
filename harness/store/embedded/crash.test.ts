import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EventStore } from './event-store.ts';
import { storedId } from './protocol/recorded-event.ts';
import { strippedCopy } from './stripped-copy.js';
import { type BatchName, idsOf, streamOf } from './testing/batches.ts';
import { seededRandom } from './testing/random.ts';

// The store in a process of its own, with writers in it, killed at random points. CRASH_ROUNDS=2000 CRASH_SEED=7 does
// more of it, or the same again. server-crash.test.ts does it over gRPC; what a power cut leaves is in recover.test.ts.

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 200);
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
const WRITERS = 4;
const program = fileURLToPath(new URL('./testing/crashing-writers.js', import.meta.url));

/** What the test knows of a writer's stream. */
interface Writer {
  acknowledged: string[];
  /** The batch that had no answer when the process was killed. */
  doubtful?: BatchName;
}

test(`${rounds} times kill -9 with ${WRITERS} writers: nothing acknowledged is lost, cut in two or there twice`, async () => {
  const copy = await strippedCopy();
  const folder = mkdtempSync(join(tmpdir(), 'store-crash-'));
  const random = seededRandom(seed);
  const writers: Writer[] = Array.from({ length: WRITERS }, () => ({ acknowledged: [] }));
  const found = { acknowledgedAndLost: 0, partialBatches: 0, duplicates: 0, doubtfulStored: 0, torn: 0, injected: 0 };
  // Node takes longer to start than a round takes: the next process is started meanwhile.
  let next = startProcess(copy);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const child = next;
      next = startProcess(copy);
      found.torn += await writeAndBeKilled(child, folder, round, writers, random);
      if (random() < 0.1) found.injected += appendGarbage(folder, random);
      // Otherwise the next process is the first to see what the killed one left.
      if (random() < 0.5 || round === rounds - 1) await compare(folder, writers, found);
    }
  } finally {
    next.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
  const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0);
  console.info(`${rounds} rounds, seed ${seed}: ${JSON.stringify({ acknowledged, ...found })}`);
  expect(found, `seed ${seed}`).toMatchObject({ acknowledgedAndLost: 0, partialBatches: 0, duplicates: 0 });
  expect(acknowledged).toBeGreaterThan(rounds);
}, 3_600_000);

function startProcess(copy: string) {
  return spawn(process.execPath, [program, copy], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Returns how many torn tails the process cut off on opening. */
async function writeAndBeKilled(
  child: ReturnType<typeof startProcess>,
  folder: string,
  round: number,
  writers: Writer[],
  random: () => number,
): Promise<number> {
  const work = writers.map(({ acknowledged, doubtful }) => ({ events: acknowledged.length, doubtful }));
  child.stdin.end(JSON.stringify({ folder, round, writers: work }));
  const gone = once(child, 'close');
  let left = Math.floor(random() * 25);
  let torn = 0;
  writers.forEach((writer, number) => {
    writer.doubtful ??= { round, writer: number, batch: 0 };
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, first, second, third] = line.split(' ');
    if (word === 'failed') throw new Error(`seed ${seed}, round ${round}: ${line}`);
    if (word === 'open') torn = Number(first);
    else acknowledge(writers[Number(second)] as Writer, round, Number(second), Number(first), Number(third));
    if (left === 0) setTimeout(() => child.kill('SIGKILL'), random() * 2);
    left -= 1;
  }
  await gone;
  return torn;
}

function acknowledge(writer: Writer, now: number, number: number, round: number, batch: number): void {
  writer.acknowledged.push(...idsOf({ round, writer: number, batch }));
  writer.doubtful = { round: now, writer: number, batch: round === now ? batch + 1 : 0 };
}

/** Opens what was left, as the next owner would, and looks at every event. */
async function compare(folder: string, writers: Writer[], found: Record<string, number>): Promise<void> {
  const store = new EventStore(folder);
  writers.forEach(({ acknowledged, doubtful }, number) => {
    const sequences = store.log.index.find(streamOf(number))?.sequences ?? [];
    const stored = sequences.map((sequence) => storedId(store.log.read(sequence).fields));
    const rest = stored.slice(acknowledged.length);
    const whole = rest.join() === (doubtful ? idsOf(doubtful).join() : '');
    count(found, 'acknowledgedAndLost', acknowledged.filter((id, i) => stored[i] !== id).length);
    count(found, 'duplicates', stored.length - new Set(stored).size);
    count(found, 'partialBatches', rest.length === 0 || whole ? 0 : 1);
    count(found, 'doubtfulStored', whole && rest.length > 0 ? 1 : 0);
  });
  if (store.log.torn) count(found, 'torn', 1);
  await store.log.close();
}

function count(found: Record<string, number>, what: string, by: number): void {
  found[what] = (found[what] ?? 0) + by;
}

/** What a write leaves that was cut off: some bytes that are no whole frame. */
function appendGarbage(folder: string, random: () => number): number {
  const file = readdirSync(folder).sort().at(-1) as string;
  appendFileSync(join(folder, file), Buffer.alloc(1 + Math.floor(random() * 400), Math.floor(random() * 256)));
  return 1;
}
