import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe } from 'vitest';
import { containerPlace } from '../container-place.ts';
import { embeddedPlace } from '../embedded-place.ts';
import type { Place } from '../place.ts';
import { CONTAINER_IMAGE } from '../store-config.ts';

// The same tests for every way to have a store. They use the official client, say only what the protocol's public
// documentation says, and streams of names that nobody else has, so they may run on a server that is in use.

const url = process.env['ESDB_URL'];
const targets: { name: string; there: boolean; find: (folder: string) => Promise<Place> }[] = [
  { name: 'embedded', there: true, find: embeddedPlace },
  {
    name: 'the server at ESDB_URL',
    there: Boolean(url),
    find: async () => ({
      url: url as string,
      name: 'ESDB_URL',
      where: 'ESDB_URL',
      notices: [],
      release: async () => {},
    }),
  },
  {
    name: 'a container (KATA_STORE=container)',
    there: process.env['KATA_STORE'] === 'container',
    find: () => containerPlace(CONTAINER_IMAGE),
  },
];

/** Tests for each store that there is; for the others they count as skipped. */
export function contract(title: string, define: (client: () => EventStoreDBClient) => void): void {
  for (const { name, there, find } of targets) {
    describe.skipIf(!there)(`${title}: ${name}`, () => {
      let folder: string;
      let place: Place;
      let client: EventStoreDBClient;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'store-contract-'));
        place = await find(folder);
        client = EventStoreDBClient.connectionString(place.url);
      }, 150_000);
      afterAll(async () => {
        await client?.dispose();
        await place?.release();
        rmSync(folder, { recursive: true, force: true });
      });
      define(() => client);
    });
  }
}

export function uniqueName(prefix = 'contract'): string {
  return `${prefix}-${randomUUID()}`;
}

/** Events whose data are 0, 1, 2, … */
export function numbered(count: number, type = 'Counted', from = 0) {
  return Array.from({ length: count }, (_, i) => jsonEvent({ type, data: { n: from + i } }));
}

/** The number in an event's data. */
export function numberOf({ event }: { event?: { data: unknown } }): number {
  return (event?.data as { n: number } | undefined)?.n ?? Number.NaN;
}

/** The numbers in the events' data. */
export async function numbersOf(events: AsyncIterable<{ event?: { data: unknown } }>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const resolved of events) numbers.push(numberOf(resolved));
  return numbers;
}

/** The first `count` events of a subscription, which is ended then. */
export async function take<E>(subscription: AsyncIterable<E>, count: number): Promise<E[]> {
  const taken: E[] = [];
  for await (const event of subscription) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

/** What the client says is wrong, or a note that nothing was. */
export async function failureOf(action: Promise<unknown>): Promise<{ type?: string; [detail: string]: unknown }> {
  try {
    await action;
  } catch (error) {
    return error as { type?: string };
  }
  return { type: 'none' };
}
