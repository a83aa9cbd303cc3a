import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { hintLines } from '../report/hint-lines.ts';
import type { Terminal } from './terminal.ts';

/** Shows one of a kata's three hints, the first where no level is given. */
export async function hint(
  root: string,
  { name, level = 1 }: { name: string; level?: number | undefined },
  { print, screen }: Terminal,
): Promise<number> {
  const kata = selectKata(loadCatalogue(root), name);
  if (!Number.isInteger(level) || level < 1 || level > kata.hints.length) {
    throw new HarnessError(
      'OPTION_INVALID',
      `--level ${level}: a kata has ${kata.hints.length} hints; give 1, 2 or 3.`,
    );
  }
  print(hintLines(kata, level, screen));
  return 0;
}
