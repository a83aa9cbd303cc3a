import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

// pnpm bench <name> [options]: a benchmark is a file of this folder that exports `bench(root, options)`.

const names = ['loop', 'store', 'progress'].filter((name) => existsSync(new URL(`./${name}.ts`, import.meta.url)));
const [name = '', ...options] = process.argv.slice(2);

if (names.includes(name)) {
  const root = dirname(dirname(import.meta.dirname));
  const { bench } = (await import(`./${name}.ts`)) as { bench: (root: string, options: string[]) => Promise<void> };
  await bench(root, options);
} else {
  console.error(`There is no benchmark "${name}". There are: ${names.join(', ')} (pnpm bench loop).`);
  process.exitCode = 2;
}
