import { serve } from './serve.ts';

// Says in one line of JSON that it serves, or why not, and then nothing any more: whoever started it reads no further.

const EXIT_LOCK_LOST = 75;
const [folder = '', port = '0', previous] = process.argv.slice(2);
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const served = await serve(folder, {
    port: Number(port),
    previous: Number(previous ?? 0),
    ...(process.env['KATA_LAB_LINGER_MS'] && { lingerMs: Number(process.env['KATA_LAB_LINGER_MS']) }),
    onStopped: () => process.exit(0),
  });
  if (served === undefined) process.exit(EXIT_LOCK_LOST);
  const stop = () => void served.stop();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  say({ port: served.port, reports: [] });
} catch (error) {
  say({ error: (error as Error).message.split('\n')[0] });
  process.exitCode = 1;
}
