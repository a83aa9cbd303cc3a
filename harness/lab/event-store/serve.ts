import { mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { createServer as createLineServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { logVerbosity, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { Request, Response } from '../../kit/event-log/messages.ts';
import { ClientStore } from '../../store/client-store.ts';
import { EventStore } from '../../store/embedded/event-store.ts';
import { createServer } from '../../store/embedded/protocol/services.ts';
import type { Place } from '../../store/place.ts';
import { withoutPassword } from '../../store/store-config.ts';
import type { Service } from '../serve-folder.ts';
import { Desk } from './desk.ts';

/** The official client, for suites whose own time isn't real; over the embedded server or that of ESDB_URL. */
export async function serveEventStore(folder: string, { token }: { token: string }): Promise<Service> {
  setLogVerbosity(logVerbosity.NONE);
  const url = process.env['ESDB_URL'];
  const client = import('@eventstore/db-client');
  const store = await ClientStore.open(client, () => (url ? Promise.resolve(placeAt(url)) : embedded(folder)));
  const desk = new Desk(store);
  const sockets = new Set<Socket>();
  const server = createLineServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serveLine(socket, token, desk);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    ended: new Promise(() => {}),
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await store.close();
    },
  };
}

function serveLine(socket: Socket, token: string, desk: Desk): void {
  let known = false;
  const answer = async (line: string) => {
    if (!known) {
      known = line === token;
      if (!known) socket.destroy();
      return;
    }
    const request = JSON.parse(line) as Request;
    const response = await desk
      .answer(request)
      .catch((error: Error): Response => ({ n: request.n, failed: oneLine(error) }));
    socket.write(`${JSON.stringify(response)}\n`);
  };
  createInterface({ input: socket }).on('line', (line) => void answer(line));
}

/** A log that is not made durable: nobody asks for it after the last suite. */
async function embedded(folder: string): Promise<Place> {
  // What others left, who were killed.
  const left = readdirSync(folder).filter((name) => name.startsWith('log-'));
  for (const name of left) rmSync(join(folder, name), { recursive: true, force: true });
  const log = mkdtempSync(join(folder, 'log-'));
  const store = new EventStore(log, { disk: { write: writeSync, sync: async () => {} } });
  let port = 0;
  const server = createServer(store, () => port);
  port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    name: 'The embedded event store',
    where: `127.0.0.1:${port}`,
    notices: [],
    release: async () => {
      server.forceShutdown();
      await store.log.close();
      rmSync(log, { recursive: true, force: true });
    },
  };
}

function placeAt(url: string): Place {
  const where = withoutPassword(url);
  return { url, name: `The event store at ${where}`, where, notices: [], release: async () => {} };
}

const oneLine = ({ message }: Error) => message.split('\n')[0] ?? '';
