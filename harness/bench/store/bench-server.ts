import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { connect } from '../../kernel/shared-server/connect.ts';

const start = fileURLToPath(new URL('../../store/start-server.js', import.meta.url));

/** A client of a server of its own over the folder. */
export async function withServer<T>(
  folder: string,
  use: (client: EventStoreDBClient, pid: number) => Promise<T>,
): Promise<T> {
  const { port, pid, release } = await connect({ folder, command: [process.execPath, start] });
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  try {
    return await use(client, pid);
  } finally {
    // It waits for ever for a stream that was left with unread events.
    await Promise.race([client.dispose(), sleep(500)]);
    release();
  }
}

/** Data of about 200 bytes; with its id, type and the rest an event takes about 300 in the log. */
export function benchEvent(n: number) {
  return jsonEvent({ type: 'SuiteGraded', data: { n, kata: '1.8', seed: 7, results: 'x'.repeat(160) } });
}

/** What a process has in memory, in MB. */
export function memoryOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1024;
}

export const figure = (value: number) => Math.round(value).toLocaleString('en');

/** A figure with what it was aimed at. */
export function aimed(value: number, unit: string, aim: number): string {
  return `${figure(value)} ${unit} (aimed at ≥ ${figure(aim)}: ${value >= aim ? 'met' : 'not met'})`;
}
