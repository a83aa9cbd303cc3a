import type { Assessment, Verdict } from '../grading/verdict.ts';
import type { RecordedEvent } from '../kit/events.ts';
import type { MeasuresBeside } from '../kit/measures.ts';
import { damageLines } from './damage.ts';
import { count } from './figures.ts';
import { whyRed } from './kata-lines.ts';
import { measuresLines } from './measures.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph, printable } from './text.ts';
import { type Moment, worstMomentLines, worstMoments } from './worst-moments.ts';

/** What a replay of a group's incident came to. */
export interface Replayed {
  /** The seed that was played instead of the recording. */
  seed: number | null;
  /** Null where it could not be played; then `error` says why. */
  now: Assessment | null;
  recorded: Assessment | undefined;
  /** Null where the gate measures nothing. */
  measures: MeasuresBeside | null;
  history: readonly RecordedEvent[];
  error?: string | undefined;
}

const ALL_MEASURES = 'Every metric: pnpm kata report --format html --out report.html';

/** `Group 1 · Requests are slow or unreliable` */
export function groupHead(group: { number: number; name: string }, screen: Screen): string[] {
  const ink = inkOf(screen);
  return paragraph(`Group ${group.number} · ${group.name}`, screen.columns, '').map(ink.strong);
}

/**
 * The incident as it goes on the code as it stands: where its story is told (`story`, a path), the damage, and the
 * `most` moments that show it best.
 */
export function incidentLines(
  group: { number: number; incident: string; story?: string },
  replayed: Replayed,
  screen: Screen,
  most = 5,
): string[] {
  const ink = inkOf(screen);
  const { seed, now, recorded, measures, history, error } = replayed;
  const which = seed === null ? 'replayed' : `seed ${seed}`;
  const title = `The incident, "${group.incident}", ${which} on your code`;
  return [
    ...paragraph(title, screen.columns, '').map(ink.strong),
    ...(group.story ? [ink.faint(`  What happened: ${group.story}`)] : []),
    ...(now
      ? [...damageLines({ recorded: seed === null ? recorded : undefined, now }, screen), outcome(now, screen)]
      : paragraph(`It could not be played: ${printable(error ?? 'no figures came back')}`, screen.columns, '  ✗ ')),
    ...(measures ? ['', ...measuresLines(measures, screen), ink.faint(`  ${ALL_MEASURES}`)] : []),
    ...(now ? momentLines(group.number, seed, worstMoments(history, now, most), screen) : []),
  ];
}

function outcome({ resolved, objectives }: Assessment, screen: Screen): string {
  const ink = inkOf(screen);
  const missed = objectives.filter(({ met }) => !met).length;
  if (resolved) return ink.good('  resolved: every objective is met');
  return ink.bad(`  not resolved: ${missed} of ${count(objectives.length, 'objective')} missed`);
}

function momentLines(group: number, seed: number | null, moments: readonly Moment[], screen: Screen): string[] {
  const [first] = moments;
  if (!first) return [];
  const command = `pnpm kata incident group${group} --mine${seed === null ? '' : ` --seed ${seed}`}`;
  return [
    '',
    '  Worst moments',
    ...worstMomentLines(moments, screen),
    inkOf(screen).faint(`  One in full: ${command} --event ${first.event.id}`),
  ];
}

/** The gate's own line, and what broke. Null: it was not run, and `waitsFor` says for what. */
export function gateLines(verdict: Verdict | null, waitsFor: string, screen: Screen): string[] {
  const ink = inkOf(screen);
  if (!verdict) return paragraph(`not run: ${waitsFor}`, screen.columns, 'Gate   ');
  const seeds = verdict.seeds.length > 0 ? `, the recording and seeds ${verdict.seeds.join(', ')}` : ', the recording';
  if (verdict.verdict === 'pass') return paragraph(`green${seeds}`, screen.columns, 'Gate   ').map(ink.good);
  return [
    ...paragraph(`${verdict.verdict === 'fail' ? 'red' : verdict.verdict}${seeds}`, screen.columns, 'Gate   ').map(
      ink.bad,
    ),
    ...whyRed(verdict, screen),
  ];
}
