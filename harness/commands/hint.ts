import { loadCatalogue } from '../catalogue/load.ts';
import { selectKata } from '../catalogue/select.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { kataOf } from '../progress/standing.ts';
import { hintLines } from '../report/hint-lines.ts';
import { Keeper } from './progress/keeper.ts';
import type { Terminal } from './terminal.ts';
import { closing } from './until.ts';

/** Shows one of a kata's three hints; where no level is given, the one after the strongest that was taken. */
export async function hint(
  root: string,
  { name, level }: { name: string; level?: number | undefined },
  terminal: Terminal,
): Promise<number> {
  const catalogue = loadCatalogue(root);
  const kata = selectKata(catalogue, name);
  const most = kata.hints.length;
  if (level !== undefined && (!Number.isInteger(level) || level < 1 || level > most))
    throw new HarnessError('OPTION_INVALID', `--level ${level}: a kata has ${most} hints; give 1, 2 or 3.`);
  const keeper = new Keeper(catalogue);
  return closing(keeper, async () => {
    const taken = level ?? Math.min(most, kataOf(await keeper.standing(), kata.id).hints.level + 1);
    terminal.print(hintLines(kata, taken, terminal.screen));
    keeper.note({ type: 'TakeHint', kata: kata.id, level: taken });
    await keeper.tellOf(terminal);
    return 0;
  });
}
