import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { CrashWriter, isGone, noFindings } from './testing/crash-writer.ts';
import { KillableServer, type Started } from './testing/killable-server.ts';
import { seededRandom } from './testing/random.ts';

// The whole server, over gRPC. It takes longer to start than to crash, so most of the rounds are in crash.test.ts.

const rounds = Number(process.env['SERVER_CRASH_ROUNDS'] ?? 10);
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 100_000);
const WRITERS = 4;

test(`${rounds} times kill -9 with ${WRITERS} writers: nothing acknowledged is lost, cut in two or there twice`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'store-crash-'));
  const random = seededRandom(seed);
  const findings = noFindings();
  const writers = Array.from({ length: WRITERS }, (_, i) => new CrashWriter(`writer-${i}`, random, findings));
  const torn = { injected: 0, reported: 0 };
  let next = new KillableServer();
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const server = next;
      next = new KillableServer();
      const last = round === rounds;
      // Now and then it is killed while it opens the log.
      if (!last && random() < 0.05) setTimeout(() => server.kill(), random() * 10);
      const started = await server.serve(folder);
      if (started) {
        torn.reported += started.reports.length;
        await withClient(started, async (client) => {
          await ifThere(() => verifyAll(writers, client, last ? 'all' : 'recent'));
          if (last) return;
          await killAmidWrites(server, writers, client, random);
        });
      }
      await server.kill();
      if (!last && random() < 0.1) torn.injected += appendGarbage(folder, random);
    }
  } finally {
    await next.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
  console.info(`seed ${seed}: ${JSON.stringify({ ...findings, torn })}`);
  expect(findings, `seed ${seed}`).toMatchObject({ acknowledgedAndLost: 0, partialBatches: 0, duplicates: 0 });
  expect(torn.reported, `seed ${seed}`).toBeGreaterThanOrEqual(torn.injected === 0 ? 0 : 1);
  expect(findings.acknowledged).toBeGreaterThan(rounds);
  expect(findings.compared).toBeGreaterThan(10 * rounds);
}, 600_000);

/** After some acknowledgements, or after some time whatever has been written by then. */
async function killAmidWrites(
  server: KillableServer,
  writers: CrashWriter[],
  client: EventStoreDBClient,
  random: () => number,
): Promise<void> {
  let awaited = 1 + Math.floor(random() * 40);
  let reached = () => {};
  const enough = random() < 0.8 ? new Promise<void>((resolve) => (reached = resolve)) : sleep(random() * 30);
  const acknowledged = () => {
    awaited -= 1;
    if (awaited === 0) reached();
  };
  const writing = Promise.all(writers.map((writer) => writer.writeUntilKilled(client, acknowledged)));
  await enough;
  await server.kill();
  // The client may forget an append that it sent into a dying connection: then it stays in doubt.
  await Promise.race([writing, sleep(1000, undefined, { ref: false })]);
}

/** Looks at the newest events, or at all of them. */
async function verifyAll(writers: CrashWriter[], client: EventStoreDBClient, from: 'all' | 'recent'): Promise<void> {
  const maxCount = from === 'all' ? Number.MAX_SAFE_INTEGER : 60;
  const streams = new Map(writers.map(({ stream }) => [stream, { ids: [] as string[], from: 0 }]));
  for await (const { event } of client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount })) {
    const found = event && streams.get(event.streamId);
    if (!found) continue;
    found.ids.unshift(event.id);
    found.from = Number(event.revision);
  }
  for (const writer of writers) {
    const found = streams.get(writer.stream);
    if (found && (from === 'all' || found.ids.length > 0)) writer.verify(found.ids, found.from);
  }
}

/** A server that is killed while it opens the log takes the client with it: then the next round looks. */
async function ifThere(look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function withClient({ port }: Started, use: (client: EventStoreDBClient) => Promise<void>): Promise<void> {
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  try {
    await use(client);
  } finally {
    await client.dispose();
  }
}

/** What a write leaves that was cut off: some bytes that are no whole frame. */
function appendGarbage(folder: string, random: () => number): number {
  const log = join(folder, 'log');
  const file = readdirSync(log).sort().at(-1) as string;
  appendFileSync(join(log, file), Buffer.alloc(1 + Math.floor(random() * 400), Math.floor(random() * 256)));
  return 1;
}
