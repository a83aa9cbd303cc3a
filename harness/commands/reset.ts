import { copyFileSync, existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { Kata } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { paragraph } from '../report/text.ts';
import { keepCopy } from './kept.ts';
import { Keeper } from './progress/keeper.ts';
import { seenFrom } from './run/show.ts';
import { isUntouched } from './run/untouched.ts';
import type { Terminal } from './terminal.ts';
import { closing } from './until.ts';

/** Puts the pristine starter back. What the learner had is kept first; nothing is changed where that fails. */
export async function reset(root: string, { name }: { name: string }, terminal: Terminal): Promise<number> {
  const { print, screen } = terminal;
  const catalogue = loadCatalogue(root);
  const kata = selectKata(catalogue, name);
  const file = seenFrom(process.cwd(), kata.file);
  if (isUntouched(kata)) {
    print(paragraph(`${file} is the pristine starter already; nothing was changed.`, screen.columns, ''));
    return 0;
  }
  if (!existsSync(kata.starter)) {
    const starter = seenFrom(process.cwd(), kata.starter);
    throw new HarnessError('FILE_UNREADABLE', `${starter} is missing; 'git checkout -- ${starter}' brings it back.`);
  }
  const kept = existsSync(kata.file) ? keep(root, kata) : undefined;
  restore(kata);
  print([
    ...paragraph(`${kata.id} is the pristine starter again: ${file}`, screen.columns, ''),
    ...(kept ? paragraph(`Yours is kept: ${seenFrom(process.cwd(), kept)}`, screen.columns, '') : []),
  ]);
  const keeper = new Keeper(catalogue);
  keeper.note({ type: 'NoteReset', kata: kata.id, kept: kept ? relative(root, kept) : null });
  await closing(keeper, () => keeper.tellOf(terminal));
  return 0;
}

function keep(root: string, { id, file }: Kata): string {
  try {
    return keepCopy(root, id, file);
  } catch (cause) {
    const message = `Your ${seenFrom(process.cwd(), file)} could not be kept under .kata/kept, so it was left as it is: ${reason(cause)}`;
    throw new HarnessError('FILE_UNWRITABLE', message, { cause });
  }
}

function restore({ file, starter }: Kata): void {
  try {
    copyFileSync(starter, file);
  } catch (cause) {
    const message = `${seenFrom(process.cwd(), file)} could not be written: ${reason(cause)}. Give yourself write access to it.`;
    throw new HarnessError('FILE_UNWRITABLE', message, { cause });
  }
}

const reason = (cause: unknown) => (cause instanceof Error ? cause.message.replace(/,.*$/s, '') : String(cause));
