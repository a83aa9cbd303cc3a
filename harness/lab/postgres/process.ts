import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Binaries } from './binaries.ts';
import { ids, type Run, serverEnvironment } from './cluster.ts';
import type { ServerUser } from './server-user.ts';

export interface RunningPostgres {
  port: number;
  /** Ends the server at once; what it held is thrown away. */
  stop: () => Promise<void>;
  /** Resolves when the server has ended, however it did. */
  ended: Promise<void>;
}

/** Nothing is kept, so nothing need be safe; and plans must not depend on when a vacuum came by. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '128MB',
  autovacuum: 'off',
  max_connections: '1000',
  shared_buffers: '48MB',
  max_parallel_workers_per_gather: '0',
  io_method: 'sync',
  jit: 'off',
  // A scene must not wait a second to learn that two workers wait for each other.
  deadlock_timeout: '10ms',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * The server ends with this process, however that ends: a child of its own reads the pipe that only this process writes
 * to, and kills it at the end.
 */
const ENDS_WITH_US = 'exec 3<&0; (read _ <&3; kill -QUIT $$) & exec 3<&-; exec "$@" </dev/null';

export async function startPostgres(options: Run & { binaries: Binaries; user: ServerUser }): Promise<RunningPostgres> {
  const { data, socket, number, binaries, user } = options;
  // A socket's number only has to differ from that of a server that is about to end.
  const port = socket === undefined ? await freePort() : 1 + (number % 60_000);
  const where =
    socket === undefined
      ? { listen_addresses: '127.0.0.1', unix_socket_directories: '' }
      : {
          listen_addresses: '',
          unix_socket_directories: socket,
        };
  const settings = Object.entries({ ...SETTINGS, ...where }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [binaries.postgres, '-D', data, '-p', String(port), ...settings];
  const [program = '', ...flags] =
    process.platform === 'win32' ? command : ['/bin/sh', '-c', ENDS_WITH_US, 'sh', ...command];
  const child = spawn(program, flags, { env: serverEnvironment(), stdio: ['pipe', 'ignore', 'pipe'], ...ids(user) });
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said = `${said}${text}`.slice(-4_000);
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(/(?:FATAL|PANIC): +(.*)/.exec(said)?.[1] ?? `postgres ended with ${code}`)),
    );
  });
  const stop = async () => {
    child.kill(process.platform === 'win32' ? 'SIGTERM' : 'SIGQUIT');
    await ended;
  };
  return { port, stop, ended };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
