import { percent } from '../kernel/percent.ts';
import type { GroupReport, KataReport, ProgressReport } from '../progress/progress-report.ts';
import { damageLines } from './damage.ts';
import { count } from './figures.ts';
import { SIGNS } from './map-lines.ts';
import { HURT, measuresLines, stepsThatHurt } from './measures.ts';
import { type Ink, inkOf, type Screen } from './screen.ts';
import { fit, padEnd, padStart, paragraph } from './text.ts';

const LATEST = 12;

/** The report as text. */
export function progressLines(report: ProgressReport, screen: Screen): string[] {
  const ink = inkOf(screen);
  const { learner, summary, timeline } = report;
  const groups = report.groups.filter(({ katas }) => katas.some(({ runs }) => runs > 0));
  return [
    ...paragraph(
      `Progress of ${nameOf(learner)}, ${report.generatedAt.slice(0, 16).replace('T', ' ')} UTC`,
      screen.columns,
      '',
    ).map(ink.strong),
    ...summaryOf(report).flatMap((line) => paragraph(line, screen.columns, '  ')),
    ...(groups.length === 0 ? ['', '  Nothing was run yet. Begin: pnpm kata next'] : []),
    ...groups.flatMap((group) => ['', ...groupLines(group, screen)]),
    ...(timeline.length > 0
      ? ['', ink.strong(timeline.length > LATEST ? `The last ${LATEST} of ${timeline.length} moments` : 'How it went')]
      : []),
    ...timeline
      .slice(-LATEST)
      .flatMap(({ at, says }) => paragraph(says, screen.columns, `  ${at.slice(0, 16).replace('T', ' ')}  `)),
    '',
    ...historyLines(report, screen),
    ...(summary.here === 0 ? [] : ['', ...paragraph(report.next.why, screen.columns, 'Next  ')]),
  ];
}

export const nameOf = ({ name, id }: ProgressReport['learner']): string => name ?? `learner ${id.slice(0, 8)}`;

/** Sentences that sum it up, the same in every format for people. */
export function summaryOf({ summary }: ProgressReport): string[] {
  const { states, katas, here, score, points, groupsResolved, attempts, workedMs, hints, ...more } = summary;
  const side = [
    count(attempts, 'attempt'),
    workText(workedMs),
    count(hints, 'hint'),
    ...(more.solutionsBeforeGreen > 0 ? [`${count(more.solutionsBeforeGreen, 'solution')} seen before green`] : []),
    ...(more.orderDeviations > 0 ? [`${count(more.orderDeviations, 'kata')} begun out of order`] : []),
    ...(more.notes > 0 ? [`notes on ${count(more.notes, 'kata')}`] : []),
  ];
  const unsure = states.stale + states.edited;
  return [
    `${states.green} of ${count(katas, 'kata')} green (${here} are in this copy), ${states.red} red${unsure > 0 ? `, ${unsure} to be run again` : ''}; ${score} of ${points} points; ${count(groupsResolved, 'group')} resolved.`,
    `${side.join(', ')}.`,
  ];
}

/** '2 h 5 min of work' */
export function workText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return `${minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`} of work`;
}

function groupLines(group: GroupReport, screen: Screen): string[] {
  const ink = inkOf(screen);
  const { number, name, state, says, damage, measures } = group;
  const head = `Group ${number} · ${name}${state === 'resolved' ? ': resolved' : ''}${says && ` (${says})`}`;
  return [
    ...paragraph(head, screen.columns, '').map(ink.strong),
    ...group.katas.map((kata) => kataRow(kata, screen, ink)),
    ...group.katas
      .filter(({ says: more }) => more)
      .flatMap((kata) => paragraph(`${kata.id} ${kata.says}`, screen.columns, '    ')),
    ...coverageLines(group.katas, screen),
    ...(damage.last
      ? [
          '',
          ...damageLines(
            { recorded: damage.recorded ? withEvidence(damage.recorded) : undefined, now: withEvidence(damage.last) },
            screen,
          ),
        ]
      : []),
    ...(measures ? ['', ...measuresLines(measures, screen), ...hurtLines(stepsThatHurt(measures.now), screen)] : []),
  ];
}

const hurtLines = (hurt: readonly string[], { columns }: Screen): string[] =>
  hurt.length > 0 ? paragraph(`${HURT}: ${hurt.join('; ')}.`, columns, '  ') : [];

function kataRow(kata: KataReport, { columns }: Screen, ink: Ink): string {
  const { id, title, state, score, points, attempts, hints, solution, workedMs } = kata;
  const side = [
    ...(attempts > 0 ? [count(attempts, 'attempt')] : []),
    ...(attempts > 0 ? [`${Math.round(workedMs / 60_000)} min`] : []),
    ...(hints.taken > 0 ? [count(hints.taken, 'hint')] : []),
    ...(solution === 'before green' ? ['solution first'] : []),
  ].join(', ');
  const room = Math.max(12, Math.min(40, columns - 10 - 7 - 26));
  const dye = state === 'green' ? ink.good : state === 'red' ? ink.bad : (text: string) => text;
  const word = state === 'open' ? '' : state;
  return `  ${dye(SIGNS[state])} ${padEnd(id, 6)}${padEnd(fit(title, room), room)} ${padStart(`${score}/${points}`, 6)}  ${dye(padEnd(word, 6))}  ${fit(side, columns - room - 27)}`.trimEnd();
}

function coverageLines(katas: readonly KataReport[], { columns }: Screen): string[] {
  const measured = katas.flatMap(({ id, coverage }) => (coverage ? [`${id} ${coverageText(coverage)}`] : []));
  if (measured.length === 0) return [];
  return ['', ...paragraph(`Lines and branches that the suites ran: ${measured.join(', ')}`, columns, '  ')];
}

/** '91 % / 66 %': lines and branches. */
export const coverageText = ({ lines, branches }: NonNullable<KataReport['coverage']>): string =>
  `${percent(lines)} / ${percent(branches)}`;

/** The table wants the evidence that progress doesn't keep. */
const withEvidence = (damage: NonNullable<GroupReport['damage']['last']>) => ({
  ...damage,
  objectives: damage.objectives.map((objective) => ({ ...objective, evidence: [] })),
});

function historyLines({ history }: ProgressReport, screen: Screen): string[] {
  const { columns } = screen;
  const { bad } = inkOf(screen);
  const { events, receipt, breach, clockSetBack } = history;
  const state = breach
    ? paragraph(`The history is not what was kept: ${breach.says} (${breach.kind}).`, columns, '').map(bad)
    : paragraph(`${count(events, 'event')}, the chain is intact.`, columns, '');
  const clock = clockSetBack.times === 0 ? [] : paragraph(clockText(clockSetBack), columns, '');
  return [...state, ...clock, ...(receipt ? ['Receipt, to be kept elsewhere:', `  ${receipt}`] : [])];
}

export function clockText({ times, mostMs }: ProgressReport['history']['clockSetBack']): string {
  return `The clock was set back ${times === 1 ? 'once' : `${times} times`}, by up to ${Math.round(mostMs / 60_000)} min; times after that are not earlier than the ones before.`;
}
