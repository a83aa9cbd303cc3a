import { serve } from './serve.ts';

// node main.ts FOLDER [PORT [PREVIOUS]]: serves the folder, PREVIOUS being the number of its dead lock. Says in one line of JSON that it serves, or why not, and then nothing any more.

const EXIT_LOCK_LOST = 75;
const [folder = '', port = '0', previous] = process.argv.slice(2);

try {
  const served = await serve(folder, {
    port: Number(port),
    ...(previous !== undefined && { previous: Number(previous) }),
    onStopped: () => process.exit(0),
  });
  if (served === undefined) process.exit(EXIT_LOCK_LOST);
  const stop = () => void served.stop();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  say({ port: served.port, reports: served.reports });
} catch (error) {
  say({ error: oneLine(error) });
  process.exitCode = 1;
}

function say(answer: object): void {
  // Whoever started the server reads this line and no further.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function oneLine(error: unknown): string {
  const { name, message, code, path } = error as NodeJS.ErrnoException;
  if (name === 'CorruptLog') return message;
  const why = { EACCES: 'this user may not write there', EROFS: 'the file system is read-only' }[code ?? ''];
  if (code === 'ENOSPC') return `${path ?? folder}: the disk is full (ENOSPC). Free some space.`;
  return why === undefined ? (message.split('\n')[0] ?? '') : `${path ?? folder}: ${why} (${code}).`;
}
