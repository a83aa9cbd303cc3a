import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The embedded server as plain JavaScript, beside the other caches, once per content. It starts in half the time that it
// takes with module hooks, and every command that finds no server waits for that.

const harness = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['store/embedded', 'kernel/shared-server'];
const cache = fileURLToPath(new URL('../../../node_modules/.cache/incident-katas/', import.meta.url));

/** The folder of the server in the copy. Throws where it can't be written. */
export async function strippedCopy() {
  const files = folders
    .flatMap((folder) => readdirSync(join(harness, folder), { recursive: true }).map((name) => join(folder, name)))
    .filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(harness, name), 'utf8') }));
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const copy = join(cache, `embedded-store-${hash}`);
  if (!existsSync(copy)) await write(files, copy);
  return join(copy, 'store/embedded');
}

async function write(files, copy) {
  const { default: blankTypes } = await import('ts-blank-space');
  const draft = `${copy}.${process.pid}`;
  for (const { name, text } of files) {
    const path = join(draft, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, blankTypes(text).replaceAll(/(from\s+'\.[^']*)\.ts'/g, "$1.js'"));
  }
  writeFileSync(join(draft, 'package.json'), '{"type":"module"}');
  try {
    renameSync(draft, copy);
  } catch (error) {
    // Another process was faster.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}
