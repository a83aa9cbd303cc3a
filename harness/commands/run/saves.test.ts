import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Saves, watchSaves } from './saves.ts';

let folder: string;
let file: string;
let saves: Saves;
const soon = () => AbortSignal.timeout(5_000);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saves-'));
  file = join(folder, 'kata.ts');
  writeFileSync(file, 'export const a = 1;\n');
  saves = watchSaves(new Map([[file, '1.5']]), { lookEveryMs: 200 });
});
afterEach(() => {
  saves.close();
  rmSync(folder, { recursive: true });
});

test('a save in place is one save', async () => {
  writeFileSync(file, 'export const a = 2;\n');
  writeFileSync(file, 'export const a = 3;\n');
  expect(await saves.next(soon())).toEqual(['1.5']);
  await expect(saves.next(AbortSignal.timeout(400))).rejects.toThrow('timeout');
});

test('an editor that writes beside the file and renames is seen, more than once', async () => {
  for (const a of [2, 3]) {
    writeFileSync(join(folder, '.kata.ts.swp'), `export const a = ${a};\n`);
    renameSync(join(folder, '.kata.ts.swp'), file);
    expect(await saves.next(soon())).toEqual(['1.5']);
  }
});

test('a save during a run is there when the run asks for it', async () => {
  writeFileSync(file, 'export const a = 2;\n');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await saves.next(soon())).toEqual(['1.5']);
});

test('a save that changes nothing, and other files, are no saves', async () => {
  writeFileSync(file, 'export const a = 1;\n');
  writeFileSync(join(folder, 'notes.md'), 'why\n');
  await expect(saves.next(AbortSignal.timeout(400))).rejects.toThrow('timeout');
});
