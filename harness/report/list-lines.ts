import { count } from './figures.ts';
import { recommendedOrder } from './next-step.ts';
import { inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart, paragraph } from './text.ts';

/** The map as `list` shows it; a group that this copy doesn't have is listed with no katas. */
export interface MapGroup {
  number: number;
  name: string;
  here: boolean;
  katas: { id: string; title: string; pattern: string; points: number; edited: boolean }[];
}

/** The groups in the order in which they are best taken, the katas of those that are here. */
export function listLines(groups: readonly MapGroup[], screen: Screen): string[] {
  const ink = inkOf(screen);
  const ordered = recommendedOrder.flatMap((number) => groups.find((group) => group.number === number) ?? []);
  const here = ordered.filter((group) => group.here);
  const absent = ordered.filter((group) => !group.here);
  return [
    ...here.flatMap((group) => [
      ink.strong(fit(`Group ${group.number} · ${group.name}`, screen.columns)),
      ...group.katas.map((kata) => kataRow(kata, screen)),
      '',
    ]),
    ...(absent.length > 0 ? [ink.faint('Not in this copy yet')] : []),
    ...absent.map(({ number, name }) => ink.faint(fit(`  ${padStart(String(number), 2)}  ${name}`, screen.columns))),
    ...(absent.length > 0 ? [''] : []),
    ...paragraph(sum(here), screen.columns, ''),
  ];
}

function kataRow({ id, title, pattern, points, edited }: MapGroup['katas'][number], screen: Screen): string {
  const room = Math.min(screen.columns, 110) - 2 - 6 - 2 - 10 - 2 - 9;
  const half = Math.floor(room * 0.58);
  const names = `${padEnd(fit(title, half - 2), half)}${padEnd(fit(pattern, room - half), room - half)}`;
  return `  ${padEnd(id, 6)}${names}  ${padStart(count(points, 'point'), 10)}  ${edited ? 'edited' : ''}`.trimEnd();
}

function sum(here: readonly MapGroup[]): string {
  const katas = here.flatMap((group) => group.katas);
  const first = here[0];
  const begin = first ? ` Begin, or go on: pnpm kata group${first.number}` : '';
  return `${count(katas.length, 'kata')} in ${count(here.length, 'group')}.${begin}`;
}
