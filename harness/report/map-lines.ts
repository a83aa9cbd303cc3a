import type { GroupOnMap, KataOnMap, KataState, LearningMap, NextUp } from '../progress/learning-map.ts';
import { count } from './figures.ts';
import { type Ink, inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart, paragraph, widthOf } from './text.ts';

/** A state's sign and word, each of which stands without colour. */
export const SIGNS: Readonly<Record<KataState, string>> = { green: '✓', red: '✗', stale: '~', edited: '±', open: '·' };
export const WORDS: Readonly<Record<KataState, string>> = {
  green: 'green',
  red: 'red',
  stale: 'stale: the suite changed since',
  edited: 'changed since it was green',
  open: 'not begun',
};

const NO_SIGN = ' ';

/** The map at a glance: a line for each group with a sign for each kata, what the signs mean, and what is next. */
export function mapLines(map: LearningMap, screen: Screen): string[] {
  const ink = inkOf(screen);
  const columns = Math.min(screen.columns, 100);
  const total = `${map.states.green} of ${count(map.size, 'kata')} green, ${map.resolved} of ${map.groups.length} groups resolved`;
  const gap = Math.max(2, columns - widthOf('Incident katas') - widthOf(total));
  return [
    `${ink.strong('Incident katas')}${' '.repeat(gap)}${total}`,
    '',
    ...map.groups.map((group) => groupLine(group, columns, ink)),
    '',
    ...paragraph(legend(map), columns, '  ').map(ink.faint),
    ...remarks(map, columns),
    '',
    ...nextLines(map.next, screen),
  ];
}

function groupLine(group: GroupOnMap, columns: number, ink: Ink): string {
  const { number, name, katas, size, state } = group;
  const signs = katas.map(({ state: of }) => dyeOf(of, ink)(SIGNS[of])).join('');
  const greens = katas.filter((kata) => kata.state === 'green').length;
  const tally = state === 'absent' ? padStart(`${size}`, 5) : padStart(`${greens}/${size}`, 5);
  const word = { absent: 'not here', open: '', begun: '', green: 'gate', resolved: 'resolved', stale: 'not now' }[
    state
  ];
  const room = columns - 2 - 2 - 2 - 2 - 11 - 2 - 5 - 2 - 8;
  const row = `  ${padStart(String(number), 2)}  ${padEnd(fit(name, room), room)}`;
  const rest = `  ${padEnd(signs, 11)}  ${tally}  ${word === 'resolved' ? ink.good(word) : word}`.trimEnd();
  return state === 'absent' ? ink.faint(row + rest) : row + rest;
}

function dyeOf(state: KataState, ink: Ink): (text: string) => string {
  if (state === 'green') return ink.good;
  return state === 'red' ? ink.bad : (text) => text;
}

/** Only what is on the map. */
function legend({ states }: LearningMap): string {
  const seen = (Object.keys(SIGNS) as KataState[]).filter((state) => states[state] > 0);
  return seen.map((state) => `${SIGNS[state]} ${WORDS[state]}`).join('   ');
}

/** What a sign can't say: a suite that changed, an answer that was edited, a group that no longer holds. */
function remarks({ groups }: LearningMap, columns: number): string[] {
  const katas = groups.flatMap((group) => group.katas).filter(({ state, says }) => says !== '' && state !== 'red');
  const lines = [
    ...groups.filter(({ state }) => state === 'stale').map(({ number, says }) => `group ${number} ${says}`),
    ...katas.slice(0, 5).map(({ id, says }) => `${id} ${says}`),
    ...(katas.length > 5 ? [`and ${katas.length - 5} more: pnpm kata report`] : []),
  ];
  return lines.length === 0 ? [] : ['', ...lines.flatMap((line) => paragraph(line, columns, `  ${NO_SIGN} `))];
}

/** What to do now, with the one file or command. */
export function nextLines(next: NextUp, screen: Screen): string[] {
  const ink = inkOf(screen);
  const head = ink.strong('Next');
  if (next.kind === 'end') return [head, ...paragraph(next.why, screen.columns, '  ')];
  const what = next.kind === 'kata' ? `${next.kata.title}. ` : '';
  return [
    head,
    ...paragraph(`${next.why} ${what}`.trim(), screen.columns, '  '),
    ...(next.kind === 'kata' ? [`    ${ink.link(`${next.kata.path}/README.md`)}`] : []),
    `    ${ink.link('pnpm kata next')}`,
  ];
}

/** `1.5 One question, twenty-seven calls: red, v2` */
export function stateText({ state, says, version, result }: KataOnMap): string {
  const points = result && state !== 'stale' ? `, ${result.score} of ${result.points} points` : '';
  return `${state === 'open' ? 'not begun' : state}${points}${says && ` (${says})`}${result ? `, suite v${version}` : ''}`;
}
