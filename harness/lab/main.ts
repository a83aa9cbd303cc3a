import { type StartService, serveFolder } from './serve-folder.ts';

const EXIT_LOCK_LOST = 75;

/**
 * A process that serves: its arguments are FOLDER PORT PREVIOUS, as `connect` gives them. It says in one line of JSON
 * that it serves, or why not, and then nothing any more: whoever started it reads no further.
 */
export async function main(start: StartService): Promise<void> {
  const [folder = '', , previous = '0'] = process.argv.slice(2);
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  try {
    const service = await serveFolder(folder, Number(previous), start, () => process.exit(0));
    if (service === undefined) process.exit(EXIT_LOCK_LOST);
    const stop = () => void service.stop();
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    say({ port: service.port });
  } catch (error) {
    say({ error: (error as Error).message.split('\n')[0] });
    process.exitCode = 1;
  }
}
