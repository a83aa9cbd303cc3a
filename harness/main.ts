import { dirname } from 'node:path';
import { asRefusal, HarnessError } from './kernel/harness-error.ts';

const root = dirname(import.meta.dirname);
const verbose = process.argv.includes('--verbose');

/** Ctrl-C asks whatever runs to stop; a second one doesn't wait for it. */
const interrupt = new AbortController();
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(130);
  interrupt.abort();
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader went away (`| head`): nobody is left to tell.
  if (error.code === 'EPIPE') process.exit(0);
});

try {
  const { runProgram } = await import('./commands/program.ts');
  process.exit(await runProgram(root, process.argv.slice(2), interrupt.signal));
} catch (thrown) {
  const error = asRefusal(thrown);
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(error instanceof HarnessError ? error.exitCode : 70);
}

/** One line; the stack and the cause only with `--verbose`. */
function lineOf(error: unknown): string {
  if (verbose)
    return error instanceof Error ? `${error.stack}${error.cause ? `\n${String(error.cause)}` : ''}` : String(error);
  if (error instanceof HarnessError) return `${error.code}: ${error.message}`;
  const what = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return `A fault of ours: ${what}. Run again with --verbose, and report what it shows.`;
}
