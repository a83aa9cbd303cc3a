import type { Assessment, Verdict } from '../grading/verdict.ts';
import type { RecordedEvent } from '../kit/events.ts';
import { damageLines } from './damage.ts';
import { count } from './figures.ts';
import { whyRed } from './kata-lines.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph, printable } from './text.ts';
import { worstMomentLines, worstMoments } from './worst-moments.ts';

/** What a replay of a group's incident came to. */
export interface Replayed {
  /** The seed that was played instead of the recording. */
  seed: number | null;
  /** Null where it could not be played; then `error` says why. */
  now: Assessment | null;
  recorded: Assessment | undefined;
  history: readonly RecordedEvent[];
  error?: string | undefined;
}

/** `Group 1 · Requests are slow or unreliable`, and the incident's name under it. */
export function groupHead(group: { number: number; name: string; incident: string }, screen: Screen): string[] {
  const ink = inkOf(screen);
  return paragraph(`Group ${group.number} · ${group.name}`, screen.columns, '').map(ink.strong);
}

/** The incident as it goes on the code as it stands: the damage, and the `most` moments that show it best. */
export function incidentLines(
  group: { number: number; incident: string },
  { seed, now, recorded, history, error }: Replayed,
  screen: Screen,
  most = 5,
): string[] {
  const ink = inkOf(screen);
  const which = seed === null ? 'replayed' : `seed ${seed}`;
  const title = paragraph(`The incident, "${group.incident}", ${which} on your code`, screen.columns, '').map(
    ink.strong,
  );
  if (!now)
    return [
      ...title,
      ...paragraph(`It could not be played: ${printable(error ?? 'no figures came back')}`, screen.columns, '  ✗ '),
    ];
  const moments = worstMoments(history, now, most);
  const missed = now.objectives.filter(({ met }) => !met).length;
  const state = now.resolved
    ? ink.good('  resolved: every objective is met')
    : ink.bad(`  not resolved: ${missed} of ${count(now.objectives.length, 'objective')} missed`);
  const [first] = moments;
  const option = seed === null ? '' : ` --seed ${seed}`;
  return [
    ...title,
    ...damageLines({ recorded: seed === null ? recorded : undefined, now }, screen),
    state,
    ...(first ? ['', '  Worst moments'] : []),
    ...worstMomentLines(moments, screen),
    ...(first
      ? [ink.faint(`  One in full: pnpm kata incident group${group.number} --mine${option} --event ${first.event.id}`)]
      : []),
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
