import { loadCatalogue } from '../catalogue/load.ts';
import { mapOf } from '../progress/learning-map.ts';
import { mapLines } from '../report/map-lines.ts';
import { paragraph } from '../report/text.ts';
import { courseOf } from './progress/course-of.ts';
import { FileDigests } from './progress/digests-of.ts';
import { type Known, knownStanding } from './progress/known-standing.ts';
import type { Terminal } from './terminal.ts';

/** Where the learner stands on the map, and what is next. */
export async function map(root: string, terminal: Terminal): Promise<number> {
  const catalogue = loadCatalogue(root);
  const known = await knownStanding(root);
  terminal.print(mapLines(mapOf(courseOf(catalogue, new FileDigests(root)), known.standing), terminal.screen));
  if (catalogue.problems.length > 0)
    terminal.print(['', 'Something in the repository must be mended: pnpm kata doctor']);
  sayOf(known, terminal);
  return 0;
}

/** What the store has to say of itself, and whether it could be read at all. */
export function sayOf({ notices, unread }: Known, { print, screen }: Terminal): void {
  const lines = [
    ...notices,
    ...(unread === undefined ? [] : [`As last known: the event store can't be read. ${unread}.`]),
  ];
  if (lines.length > 0) print(['', ...lines.flatMap((line) => paragraph(line, screen.columns, ''))]);
}
