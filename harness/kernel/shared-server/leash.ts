import { createServer, type Server, type Socket } from 'node:net';

// Each command that uses the server holds a leash: a connection on which it says the owner's token and is told the port
// that it serves. However a command ends, the system closes its connection, so the server knows when the last one has gone.

export interface LeashServer {
  port: number;
  /** From now on those who hold a leash are told this port. */
  open: (port: number) => void;
  close: () => void;
}

/**
 * `onLetGo` is called when the last leash was let go and nobody took one for `linger` ms, or none was taken within
 * `patience` ms of opening.
 */
export async function listenForLeashes(
  token: string,
  { patience, linger = 0 }: { patience: number; linger?: number },
  onLetGo: () => boolean,
): Promise<LeashServer> {
  const held = new Set<Socket>();
  const waiting = new Set<Socket>();
  let served = 0;
  let closing = false;
  let lingering: NodeJS.Timeout | undefined;
  const letGoIfUnheld = () => {
    if (served !== 0 && held.size === 0 && !closing) closing = onLetGo();
  };
  const letGoLater = () => {
    if (linger === 0) return letGoIfUnheld();
    clearTimeout(lingering);
    lingering = setTimeout(letGoIfUnheld, linger);
  };
  const hold = (socket: Socket) => {
    if (closing) return socket.end('closing\n');
    held.add(socket);
    if (served === 0) waiting.add(socket);
    else socket.write(`ok ${served}\n`);
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => {
      waiting.delete(socket);
      if (held.delete(socket)) letGoLater();
    });
    onLine(socket, (line) => {
      if (line === `hold ${token}`) hold(socket);
      else socket.end('stranger\n');
    });
  });
  return {
    port: await listen(server),
    open: (port) => {
      served = port;
      for (const socket of waiting) socket.write(`ok ${port}\n`);
      waiting.clear();
      setTimeout(letGoIfUnheld, patience).unref();
    },
    close: () => {
      closing = true;
      clearTimeout(lingering);
      server.close();
      for (const socket of held) socket.destroy();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

/** Calls back once, with the first line; what is longer than a line of ours is not ours. */
export function onLine(socket: Socket, heard: (line: string) => void): void {
  let text = '';
  const collect = (data: Buffer) => {
    text += data.toString('latin1');
    if (!text.includes('\n') && text.length < 200) return;
    socket.off('data', collect);
    heard(text.slice(0, text.indexOf('\n')));
  };
  socket.on('data', collect);
}
