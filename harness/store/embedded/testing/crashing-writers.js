import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

// node crashing-writers.js COPY: waits for the end of its input, {folder, round, writers: [{ events, doubtful? }]}, opens
// the log and writes until it is killed. Each acknowledged batch is a line, written to the pipe before anything else is done.

const copy = process.argv[2];
const load = (file) => import(pathToFileURL(join(copy, file)).href);
const [{ EventStore }, { appendBatch, idsOf }] = await Promise.all([
  load('event-store.js'),
  load('testing/batches.js'),
]);
const { folder, round, writers } = JSON.parse(readFileSync(0, 'utf8'));

try {
  const store = new EventStore(folder, { segmentBytes: 300_000 });
  say(`open ${store.log.torn === undefined ? 0 : 1}`);
  await Promise.all(writers.map((writer, number) => write(store, writer, number)));
} catch (error) {
  say(`failed ${error.message}`);
}

async function write(store, { events, doubtful }, writer) {
  let length = events;
  const append = async (name) => {
    await appendBatch(store, name, length);
    length += idsOf(name).length;
    say(`ack ${name.round} ${writer} ${name.batch}`);
  };
  // What had no answer is appended once more, with its ids: it may be there already.
  if (doubtful) await append(doubtful);
  for (let batch = 0; ; batch += 1) await append({ round, writer, batch });
}

function say(line) {
  writeSync(1, `${line}\n`);
}
