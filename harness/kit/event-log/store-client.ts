import { createConnection, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect } from '../../kernel/shared-server/connect.ts';
import { labFolder } from '../lab-folder.ts';
import { startingServer } from '../starting-server.ts';
import { realTime } from '../virtual-time.ts';
import type { Request, Response } from './messages.ts';

/** There is no event store to be had. The message is one line: why, and how to mend it. */
export class NoEventStore extends Error {
  override name = 'NoEventStore';
  constructor(why: string, cause?: unknown) {
    super(
      `No event store: ${why.replace(/\.$/, '')}. Name a server of your own with ESDB_URL=esdb://host:2113?tls=false`,
      {
        cause,
      },
    );
  }
}

/** Changes with what is said on the line. */
const LAYOUT = 1;
const PATIENCE_MS = 40_000;
const entry = fileURLToPath(new URL('../../lab/start-event-store.js', import.meta.url));

type WithoutNumber<T> = T extends unknown ? Omit<T, 'n'> : never;
export type Asked = WithoutNumber<Request>;

/** The line to the process where the client runs, whose time is real. One for each thread. */
interface Line {
  ask(request: Asked): Promise<Response>;
  gone: boolean;
}

const name = Symbol.for('kata-event-store');
const globals = globalThis as { [name]?: Promise<Line> | undefined };

/** Throws NoEventStore. */
export async function ask(request: Asked): Promise<Response> {
  globals[name] ??= openLine();
  const line = await globals[name];
  if (!line.gone) return line.ask(request);
  globals[name] = undefined;
  return ask(request);
}

/** For whoever says where the event store is. */
export const eventStoreFolder = (): string => labFolder(`event-store ${LAYOUT} ${process.env['ESDB_URL'] ?? ''}`);

async function openLine(): Promise<Line> {
  try {
    const command = [process.execPath, entry] as const;
    const connecting = connect({ folder: eventStoreFolder(), command, time: realTime, patience: PATIENCE_MS });
    const { port, token } = await startingServer('the event store', connecting);
    const socket = createConnection(port, '127.0.0.1');
    socket.write(`${token}\n`);
    return lineOver(socket);
  } catch (error) {
    throw new NoEventStore((error as Error).message, error);
  }
}

function lineOver(socket: Socket): Line {
  const waiting = new Map<number, { resolve: (response: Response) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let unread = '';
  const line: Line = {
    gone: false,
    ask: (request) =>
      new Promise((resolve, reject) => {
        const n = ++asked;
        waiting.set(n, { resolve, reject });
        socket.ref();
        socket.write(`${JSON.stringify({ n, ...request })}\n`);
      }),
  };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (unread + text).split('\n');
    unread = lines.pop() ?? '';
    for (const each of lines) {
      const response = JSON.parse(each) as Response;
      waiting.get(response.n)?.resolve(response);
      waiting.delete(response.n);
    }
    // Nobody's process has to stay for an idle line.
    if (waiting.size === 0) socket.unref();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    line.gone = true;
    for (const { reject } of waiting.values()) reject(new NoEventStore('its process ended'));
  });
  return line;
}
