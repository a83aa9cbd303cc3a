import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Module hooks that blank out the types of our own files, once per content: loading the compiler costs more than all
// the rest of a start. Every line and column stays where it was.

const cache = new URL('../node_modules/.cache/incident-katas/', import.meta.url);

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const source = readFileSync(fileURLToPath(url), 'utf8');
  return { format: 'module', shortCircuit: true, source: `${await strip(source)}\n//# sourceURL=${url}` };
}

async function strip(source) {
  const file = new URL(`${createHash('sha256').update(source).digest('hex')}.js`, cache);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const { default: blankTypes } = await import('ts-blank-space');
    const stripped = blankTypes(source);
    keep(file, stripped);
    return stripped;
  }
}

function keep(file, text) {
  try {
    mkdirSync(cache, { recursive: true });
    const draft = `${fileURLToPath(file)}.${process.pid}`;
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch {
    // A read-only tree only starts more slowly.
  }
}
