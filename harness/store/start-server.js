import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { strippedCopy } from './embedded/stripped-copy.js';

// The embedded server as a process of its own: node start-server.js FOLDER [PORT [PREVIOUS]].

let main;
try {
  main = pathToFileURL(join(await strippedCopy(), 'main.js')).href;
} catch {
  // A read-only tree only starts more slowly.
  register('../strip-types.js', import.meta.url);
  main = './embedded/main.ts';
}
await import(main);
