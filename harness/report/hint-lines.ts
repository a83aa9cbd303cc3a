import { inkOf, type Screen } from './screen.ts';
import { paragraph } from './text.ts';

/** One hint of the three, what it is for, and how to get the next. `level` from 1. */
export function hintLines(
  { id, title, hints }: { id: string; title: string; hints: readonly string[] },
  level: number,
  screen: Screen,
): string[] {
  const ink = inkOf(screen);
  const more =
    level < hints.length
      ? `A stronger one: pnpm kata hint ${id} --level ${level + 1}`
      : `The last one. After it: pnpm kata compare ${id}`;
  return [
    ...paragraph(`${id} ${title}`, screen.columns, '').map(ink.strong),
    ...paragraph(hints[level - 1] ?? '', screen.columns, `  ${level}/${hints.length}  `),
    ink.faint(`       ${more}`),
  ];
}
