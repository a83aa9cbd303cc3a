import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore } from '../open-store.ts';
import { storeConfig } from '../store-config.ts';
import type { EventStore, StoredEvent } from '../store-port.ts';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'store-open-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}

/** A store that is closed after the test. */
export async function open(folder: string, option?: string): Promise<EventStore> {
  const store = await openStore(storeConfig({ folder, env: {}, ...(option !== undefined && { option }) }));
  onTestFinished(() => store.close());
  return store;
}

export async function collect(events: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
