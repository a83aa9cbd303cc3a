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
      ...kataRows(group.katas, screen),
      '',
    ]),
    ...(absent.length > 0 ? [ink.faint('Not in this copy yet')] : []),
    ...absent.map(({ number, name }) => ink.faint(fit(`  ${padStart(String(number), 2)}  ${name}`, screen.columns))),
    ...(absent.length > 0 ? [''] : []),
    ...paragraph(sum(here), screen.columns, ''),
  ];
}

function kataRows(katas: MapGroup['katas'], screen: Screen): string[] {
  const widest = (texts: string[]) => Math.max(0, ...texts.map((text) => [...text].length));
  const pattern = Math.min(26, widest(katas.map((kata) => kata.pattern)));
  const edited = katas.some((kata) => kata.edited) ? 8 : 0;
  const room = screen.columns - 2 - 6 - 2 - pattern - 2 - 3 - edited;
  const title = Math.max(12, Math.min(room, widest(katas.map((kata) => kata.title))));
  const row = (id: string, name: string, of: string, points: string, state: string) =>
    `  ${padEnd(id, 6)}${padEnd(fit(name, title), title)}  ${padEnd(fit(of, pattern), pattern)}  ${padStart(points, 3)}  ${state}`.trimEnd();
  return [
    inkOf(screen).faint(row('', '', '', 'pts', '')),
    ...katas.map((kata) => row(kata.id, kata.title, kata.pattern, String(kata.points), kata.edited ? 'edited' : '')),
  ];
}

function sum(here: readonly MapGroup[]): string {
  const katas = here.flatMap((group) => group.katas);
  const first = here[0];
  const begin = first ? ` Begin, or go on: pnpm kata group${first.number}` : '';
  return `${count(katas.length, 'kata')} in ${count(here.length, 'group')}.${begin}`;
}
