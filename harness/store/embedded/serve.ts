import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { logVerbosity, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { takeLeash } from '../../kernel/shared-server/connect.ts';
import { listenForLeashes } from '../../kernel/shared-server/leash.ts';
import { type Lock, readLock, releaseLock, takeLock } from '../../kernel/shared-server/owner-lock.ts';
import { EventStore } from './event-store.ts';
import type { LogOptions } from './log/event-log.ts';
import type { TornTail } from './log/recover.ts';
import { createServer } from './protocol/services.ts';

export interface ServeOptions extends LogOptions {
  /** For gRPC; 0 takes a free one. */
  port: number;
  /** The number of the folder's newest lock, if the caller has found its owner gone (0: there was no lock). */
  previous?: number;
  /** How long nobody may hold the server after its start, in ms. */
  patience?: number;
  /** Called when the server has stopped, because the last command let it go. */
  onStopped?: () => void;
}

export interface Served {
  port: number;
  reports: string[];
  stop: () => Promise<void>;
}

const PATIENCE_MS = 5000;

/**
 * Serves the folder's log on 127.0.0.1, without TLS and without users, until nobody holds it any more.
 * Undefined: another server owns the folder. Throws CorruptLog, or what the system says.
 */
export async function serve(folder: string, options: ServeOptions): Promise<Served | undefined> {
  // Whoever called says what went wrong.
  setLogVerbosity(logVerbosity.NONE);
  const token = randomBytes(16).toString('hex');
  const previous = options.previous ?? (await numberOfDeadLock(folder));
  if (previous === undefined) return undefined;
  let stop: () => Promise<void> = async () => {};
  const leashes = await listenForLeashes(token, { patience: options.patience ?? PATIENCE_MS }, () => {
    void stop();
    return true;
  });
  let lock: Lock | undefined;
  try {
    lock = takeLock(folder, previous, { port: leashes.port, token });
  } catch (error) {
    leashes.close();
    throw error;
  }
  if (lock === undefined) {
    leashes.close();
    return undefined;
  }
  const taken = lock;
  const giveUp = () => {
    releaseLock(folder, taken);
    leashes.close();
  };
  try {
    const store = new EventStore(join(folder, 'log'), options);
    let port = 0;
    const server = createServer(store, () => port);
    port = await new Promise<number>((resolve, reject) => {
      const address = `127.0.0.1:${options.port}`;
      server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(new Error(`Port ${options.port} of 127.0.0.1 can't be had: ${error.message}`));
        else resolve(bound);
      });
    });
    let stopping: Promise<void> | undefined;
    stop = () => {
      stopping ??= (async () => {
        server.forceShutdown();
        await store.log.close();
        giveUp();
        options.onStopped?.();
      })();
      return stopping;
    };
    leashes.open(port);
    return { port, reports: store.log.torn === undefined ? [] : [describe(store.log.torn)], stop };
  } catch (error) {
    giveUp();
    throw error;
  }
}

/** Undefined: the owner lives. */
async function numberOfDeadLock(folder: string): Promise<number | undefined> {
  const lock = readLock(folder);
  if (lock === undefined || lock.owner.released) return lock?.number ?? 0;
  const leash = await takeLeash(folder, lock, Date.now() + PATIENCE_MS);
  if (typeof leash === 'object') leash.release();
  return leash === 'nobody' ? lock.number : undefined;
}

function describe({ file, offset, bytes }: TornTail): string {
  return `${file}: an unfinished write of ${bytes} bytes at byte ${offset} was cut off; it had not been acknowledged.`;
}
