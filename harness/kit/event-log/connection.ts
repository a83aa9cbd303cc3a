import type { EventLog } from './port.ts';

/** What is asked of the log, as a hook sees it. */
export interface LogRequest {
  op: 'append' | 'read' | 'readAll';
  /** Undefined for `readAll`. */
  stream: string | undefined;
  /** How many this connection has made, this one included. */
  n: number;
}

/** Holds the request until it resolves; what it throws, the request rejects with. */
export type LogHook = (request: LogRequest) => void | Promise<void>;

export interface LogConnection {
  log: EventLog;
  /** As `kill -9`: what it has asked, or asks later, never settles. What was on its way may still be appended. */
  kill(): void;
}

/** What one process of a scene has of an event log. */
export function connectTo(log: EventLog, { before, after }: { before?: LogHook; after?: LogHook } = {}): LogConnection {
  let killed = false;
  let n = 0;
  const never = new Promise<never>(() => {});
  const traced = async <T>(op: LogRequest['op'], stream: string | undefined, run: () => Promise<T>): Promise<T> => {
    if (killed) return never;
    const request: LogRequest = { op, stream, n: ++n };
    try {
      await before?.(request);
      if (killed) return await never;
      const result = await run();
      if (!killed) await after?.(request);
      return killed ? await never : result;
    } catch (error) {
      if (killed) return never;
      throw error;
    }
  };
  return {
    log: {
      append: (stream, ...rest) => traced('append', stream, () => log.append(stream, ...rest)),
      read: (stream, ...rest) => traced('read', stream, () => log.read(stream, ...rest)),
      readAll: (...rest) => traced('readAll', undefined, () => log.readAll(...rest)),
    },
    kill: () => {
      killed = true;
    },
  };
}
