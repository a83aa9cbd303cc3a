import type { Assessment, Objective } from '../grading/verdict.ts';
import { quantity } from './figures.ts';
import { inkOf, type Screen } from './screen.ts';
import { padEnd, padStart, wrap } from './text.ts';

export interface Damage {
  /** What the incident did when it was recorded; absent where the recording can't be read. */
  recorded?: Assessment | undefined;
  /** What it does on the code as it stands. */
  now: Assessment;
}

/** The damage as a table: each objective, what it was as recorded, what it is now, its limit, and whether it is met. */
export function damageLines(
  { recorded, now }: Damage,
  screen: Screen,
  titles = { before: 'recorded', now: 'now' },
): string[] {
  const ink = inkOf(screen);
  const rows = now.objectives.map((objective) => ({
    ...objective,
    limit: limitOf(objective),
    before: figureOf(recorded?.objectives.find(({ name }) => name === objective.name)),
    now: figureOf(objective),
  }));
  const widest = (texts: string[]) => Math.max(0, ...texts.map((text) => [...text].length));
  const before = recorded ? widest([titles.before, ...rows.map((row) => row.before)]) : 0;
  const present = widest([titles.now, ...rows.map((row) => row.now)]);
  const limit = widest(['limit', ...rows.map((row) => row.limit)]);
  const room = screen.columns - 4 - (before && before + 2) - (present + 2) - (limit + 2) - ' not met'.length - 1;
  const name = Math.max(16, Math.min(room, widest(rows.map((row) => row.name))));
  const figures = (was: string, is: string) => `${recorded ? `${padStart(was, before)}  ` : ''}${is}`;
  const head = `    ${' '.repeat(name)}  ${figures(titles.before, padStart(titles.now, present))}  limit`;
  return [
    ink.faint(head),
    ...rows.flatMap((row) => {
      const dye = row.met ? ink.good : ink.bad;
      const cells = figures(row.before, dye(padStart(row.now, present)));
      const state = dye(row.met ? 'met' : 'not met');
      const [first = '', ...more] = wrap(row.name, name);
      const line = `  ${dye(row.met ? '✓' : '✗')} ${padEnd(first, name)}  ${cells}  ${padEnd(row.limit, limit)}  ${state}`;
      return [line, ...more.map((words) => `    ${words}`)];
    }),
  ];
}

/** '≤ 0' of something that should not happen at all reads 'none'. */
export function limitOf({ limit }: Objective): string {
  return /^(≤ )?0$/.test(limit) ? 'none' : limit;
}

function figureOf(objective: Objective | undefined): string {
  return objective ? quantity(objective.value, objective.unit) : '–';
}

/** The damage after a save: how many objectives are met, and a line for each figure that moved since the last look. */
export function damageChange(now: Assessment, last: Assessment | undefined): string[] {
  const met = now.objectives.filter((objective) => objective.met).length;
  const sum = `${met} of ${now.objectives.length} objectives met`;
  if (!last) return [sum];
  const moved = now.objectives.flatMap((objective) => {
    const was = figureOf(last.objectives.find(({ name }) => name === objective.name));
    const is = figureOf(objective);
    return was === is ? [] : [`${objective.met ? '✓' : '✗'} ${objective.name}: ${was} → ${is}`];
  });
  return moved.length === 0 ? [`${sum}, no figure moved`] : [sum, ...moved];
}
