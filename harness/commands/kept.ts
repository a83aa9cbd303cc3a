import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps a numbered copy of a learner's file under `.kata/kept/<kata>/`. Returns its path; nothing is ever overwritten. */
export function keepCopy(root: string, kataId: string, file: string): string {
  const folder = join(root, '.kata', 'kept', kataId);
  mkdirSync(folder, { recursive: true });
  const numbers = readdirSync(folder).map((name) => Number(/^kata-(\d+)\.ts$/.exec(name)?.[1] ?? 0));
  for (let n = Math.max(0, ...numbers) + 1; ; n++) {
    const copy = join(folder, `kata-${n}.ts`);
    if (existsSync(copy)) continue;
    copyFileSync(file, copy);
    if (!readFileSync(copy).equals(readFileSync(file))) throw new Error(`${copy} is not what ${file} was`);
    return copy;
  }
}
