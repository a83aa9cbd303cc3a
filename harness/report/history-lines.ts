import type { KataOnMap } from '../progress/learning-map.ts';
import type { Moment } from '../progress/timeline.ts';
import { count, duration } from './figures.ts';
import { stateText } from './map-lines.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph } from './text.ts';

/** Everything that was done on one kata, in order, and where it stands. Times are UTC. */
export function historyLines(kata: KataOnMap, moments: readonly Moment[], screen: Screen): string[] {
  const ink = inkOf(screen);
  const { id, title, standing } = kata;
  const head = paragraph(`${id} ${title}`, screen.columns, '').map(ink.strong);
  if (moments.length === 0) return [...head, `  Nothing yet. Begin: pnpm kata ${id}`];
  return [
    ...head,
    ...paragraph(stateText(kata), screen.columns, '  '),
    '',
    ...moments.flatMap((moment) => momentLines(moment, screen)),
    '',
    ...paragraph(sumOf(standing), screen.columns, '  '),
  ];
}

function momentLines({ at, says, tone, n }: Moment, screen: Screen): string[] {
  const ink = inkOf(screen);
  const lead = `  ${at.slice(0, 16).replace('T', ' ')}  ${`#${n}`.padStart(6)}  `;
  const dye = tone === 'good' ? ink.good : tone === 'bad' ? ink.bad : (text: string) => text;
  const [first = '', ...rest] = paragraph(says, screen.columns, lead);
  return [ink.faint(lead) + dye(first.slice(lead.length)), ...rest.map(dye)];
}

function sumOf({ runs, attempts, workedMs, solvedAt, hints, resets }: KataOnMap['standing']): string {
  const parts = [
    count(runs, 'run'),
    count(attempts, 'attempt'),
    `${duration(workedMs)} of work${solvedAt === null ? '' : ' to green'}`,
    ...(hints.taken > 0 ? [count(hints.taken, 'hint')] : []),
    ...(resets > 0 ? [count(resets, 'reset')] : []),
  ];
  return parts.join(', ');
}
