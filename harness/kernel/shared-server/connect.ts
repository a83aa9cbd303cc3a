import { spawn } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { onLine } from './leash.ts';
import { type Lock, lockPath, readLock } from './owner-lock.ts';

export interface Connection {
  /** What it serves on 127.0.0.1. */
  port: number;
  /** Of the server. */
  pid: number;
  /** What the server's owner knows its own by. */
  token: string;
  /** What was found on opening, a line each: a torn tail that was cut off. Empty for those who came later. */
  reports: string[];
  /** Lets the server go, which stops when nobody holds it any more. */
  release: () => void;
}

export interface ConnectOptions {
  /** What the server owns. */
  folder: string;
  /** What messages call it, as a sentence begins. Default 'The event store'. */
  name?: string;
  /** How to start the server: the program and its arguments; folder, port and the dead lock's number come after them. */
  command: readonly [program: string, ...args: string[]];
  /** To serve on; 0, the default, takes a free one. */
  port?: number;
  /** How long to wait for an owner that doesn't answer, in ms. */
  patience?: number;
  /** For callers whose globals keep another time. */
  time?: RealTime;
}

/** In milliseconds. */
export interface RealTime {
  now: () => number;
  setTimeout: (run: () => void, ms: number) => NodeJS.Timeout;
  clearTimeout: (timer: NodeJS.Timeout) => void;
}

const globalTime: RealTime = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

/** The server could not be had; the message is one line that says why. */
export class NoServer extends Error {
  override name = 'NoServer';
}

const PATIENCE_MS = 10_000;
const EXIT_LOCK_LOST = 75;

/** Connects to the server that owns the folder, or starts one. Throws NoServer. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { folder, patience = PATIENCE_MS, time = globalTime } = options;
  const deadline = time.now() + patience;
  let reports: string[] = [];
  for (;;) {
    const lock = lockOf(folder);
    const leash = lock?.owner.released === false ? await takeLeash(folder, lock, deadline, time) : 'nobody';
    if (typeof leash === 'object') return { ...leash, reports };
    if (leash === 'nobody') reports = await start(options, lock?.number ?? 0);
    else await new Promise<void>((resolve) => time.setTimeout(resolve, 5));
    if (time.now() > deadline) throw new NoServer(`${folder}: its server didn't start within ${patience} ms.`);
  }
}

function lockOf(folder: string): Lock | undefined {
  try {
    return readLock(folder);
  } catch (error) {
    throw new NoServer(`${folder}: ${(error as Error).message}.`);
  }
}

export type Leash = Omit<Connection, 'reports'>;

/** `closing`: the owner is on its way out. `nobody`: it is gone, however it went. */
export function takeLeash(
  folder: string,
  { number, owner }: Lock,
  deadline: number,
  time = globalTime,
): Promise<Leash | 'closing' | 'nobody'> {
  if (owner.host !== hostname()) {
    const file = lockPath(folder, number);
    throw new NoServer(
      `${folder} is in use on ${owner.host} by process ${owner.pid}. Stop it there; if it doesn't run any more, delete ${file}.`,
    );
  }
  return new Promise((resolve, reject) => {
    const socket = createConnection(owner.port, '127.0.0.1');
    const silence = time.setTimeout(() => {
      socket.destroy();
      if (!isAlive(owner.pid)) resolve('nobody');
      else
        reject(new NoServer(`${folder} is in use by process ${owner.pid}, which doesn't answer. Stop that process.`));
    }, deadline - time.now());
    const settle = (outcome: Leash | 'closing' | 'nobody') => {
      time.clearTimeout(silence);
      if (typeof outcome === 'string') socket.destroy();
      resolve(outcome);
    };
    socket.on('error', () => settle('nobody'));
    socket.on('close', () => settle('nobody'));
    socket.write(`hold ${owner.token}\n`);
    onLine(socket, (line) => {
      const port = Number(/^ok (\d+)$/.exec(line)?.[1]);
      if (port > 0) settle(held(socket, port, owner));
      else settle(line === 'closing' ? 'closing' : 'nobody');
    });
  });
}

function held(socket: Socket, port: number, { pid, token }: Lock['owner']): Leash {
  // A command that has nothing else to do is not kept from ending.
  socket.unref();
  return { port, pid, token, release: () => socket.destroy() };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Starts a server and waits until it owns the folder; another may have been faster, which is as good. */
function start(options: ConnectOptions, previous: number): Promise<string[]> {
  const {
    folder,
    command: [program, ...args],
    port = 0,
    name = 'The event store',
  } = options;
  return new Promise((resolve, reject) => {
    // Of a session of its own: Ctrl-C is for the command, and another command may be using the server.
    const server = spawn(program, [...args, folder, String(port), String(previous)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let said = '';
    let complained = '';
    server.stderr.on('data', (data: Buffer) => {
      complained += data;
    });
    server.stdout.on('data', (data: Buffer) => {
      said += data;
      const end = said.indexOf('\n');
      if (end === -1) return;
      server.stdout.destroy();
      server.stderr.destroy();
      server.unref();
      const answer = JSON.parse(said.slice(0, end)) as { reports?: string[]; error?: string };
      if (answer.error === undefined) resolve(answer.reports ?? []);
      else reject(new NoServer(answer.error));
    });
    server.on('error', (error) => reject(new NoServer(`${name} can't be started: ${error.message}.`)));
    server.on('close', (code, signal) => {
      if (code === EXIT_LOCK_LOST) resolve([]);
      else reject(new NoServer(`${name} stopped while it started (${signal ?? code}). ${lastLine(complained)}`));
    });
  });
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => /\S/.test(line));
  return lines.findLast((line) => /Error/.test(line)) ?? lines.at(-1) ?? '';
}
