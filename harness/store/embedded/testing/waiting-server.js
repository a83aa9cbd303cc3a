import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { strippedCopy } from '../stripped-copy.js';

// A server that is loaded and waits for the line {folder, previous} before it serves, so that a crash test need not wait
// for Node to start. Says {port, reports} or {error}.

const { serve } = await import(pathToFileURL(join(await strippedCopy(), 'serve.js')).href);

process.stdin.once('data', async (line) => {
  const { folder, previous } = JSON.parse(line.toString());
  try {
    const { port, reports } = await serve(folder, { port: 0, previous, patience: 3_600_000 });
    process.stdout.write(`${JSON.stringify({ port, reports })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
  }
});
process.stdin.once('end', () => process.exit(0));
