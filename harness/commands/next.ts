import { loadCatalogue } from '../catalogue/load.ts';
import { mapOf } from '../progress/learning-map.ts';
import { paragraph } from '../report/text.ts';
import { sayOf } from './map.ts';
import { courseOf } from './progress/course-of.ts';
import { FileDigests } from './progress/digests-of.ts';
import { knownStanding } from './progress/known-standing.ts';
import { type RunCommand, run } from './run.ts';
import type { Terminal } from './terminal.ts';

/** Says what is next in the recommended order, and takes it up. Resolves to the run's exit code, or 0 at the end. */
export async function next(root: string, command: Omit<RunCommand, 'names'>, terminal: Terminal): Promise<number> {
  const known = await knownStanding(root);
  const { next: up } = mapOf(courseOf(loadCatalogue(root), new FileDigests(root)), known.standing);
  if (!command.json) {
    terminal.print(paragraph(up.why, terminal.screen.columns, ''));
    sayOf(known, terminal);
  }
  if (up.kind === 'end') return 0;
  if (!command.json) terminal.print(['']);
  return run(root, { ...command, names: [up.kind === 'kata' ? up.kata.id : `group${up.group.number}`] }, terminal);
}
