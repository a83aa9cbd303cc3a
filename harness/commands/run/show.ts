import { existsSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import type { Catalogue, Kata } from '../../catalogue/catalogue.ts';
import { GROUP_NAMES } from '../../catalogue/group-names.ts';
import type { Verdict } from '../../grading/verdict.ts';
import { damageChange } from '../../report/damage.ts';
import { duration } from '../../report/figures.ts';
import { gateLines, groupHead, incidentLines } from '../../report/incident-lines.ts';
import { brokenRules, type KataHead, kataLine, rulesOf, stateOf, whyRed } from '../../report/kata-lines.ts';
import { measuresChange } from '../../report/measures.ts';
import { type NextStep, nextStep, recommendedOrder, sumLine } from '../../report/next-step.ts';
import type { RunJson } from '../../report/run-json.ts';
import { saveLines } from '../../report/save-lines.ts';
import { inkOf, type Screen } from '../../report/screen.ts';
import { paragraph, printable } from '../../report/text.ts';
import type { Terminal } from '../terminal.ts';
import type { Evidence } from './grading.ts';
import { type GroupState, isGreen, type Progress } from './group-run.ts';
import { type GroupPlan, incidentName, pointsOf } from './plan.ts';

export interface ShowOptions {
  verbose: boolean;
  seed: number | null;
}

const headOf = (kata: Kata): KataHead => ({
  id: kata.id,
  title: kata.title,
  pattern: kata.pattern,
  points: pointsOf(kata),
});

/** Shows a first run as it goes: the damage, then a line for each kata. */
export function showRun(plan: GroupPlan, { print, screen, status }: Terminal, { verbose }: ShowOptions): Progress {
  const ink = inkOf(screen);
  const group = { number: plan.group.number, name: plan.group.name, incident: incidentName(plan.group) };
  const story = { story: join(seenFrom(process.cwd(), plan.group.folder), 'README.md') };
  const detailed = verbose || plan.katas.length === 1;
  let katasBegun = false;
  print([...groupHead(group, screen), '']);
  if (!plan.group.gate) print(['This group has no gate.test.ts, so its incident is not replayed.', '']);
  status(plan.group.gate ? 'replaying the incident on your code …' : 'grading …');
  return {
    incident: (replayed) => {
      print([...incidentLines({ ...group, ...story }, replayed, screen, plan.whole ? 5 : 0), '']);
      status('grading …');
    },
    kata: (kata, verdict) => {
      if (!katasBegun) print([ink.strong(plan.whole ? 'Katas' : 'What was asked for')]);
      katasBegun = true;
      print([kataLine(headOf(kata), verdict, screen), ...why(verdict, detailed, verbose, { print, screen })]);
    },
  };
}

function why(
  verdict: Verdict,
  detailed: boolean,
  verbose: boolean,
  { screen }: Pick<Terminal, 'print' | 'screen'>,
): string[] {
  if (verbose) return [...rulesOf(verdict, screen, 'all'), ...facts(verdict, screen)];
  if (isGreen(verdict)) return [];
  return detailed ? rulesOf(verdict, screen) : whyRed(verdict, screen);
}

/** What only `--verbose` shows: seeds, time, and the first of what the answer printed. */
function facts({ seeds, durationMs, output }: Verdict, { columns }: Screen): string[] {
  return [
    `          seeds ${seeds.join(', ') || 'none'}; ${duration(durationMs)}`,
    ...(output ? paragraph(printable(output), columns, '          it printed: ') : []),
  ];
}

/** What follows the katas of a group: the sum, the gate, and what was tampered with. */
export function showEnd(state: GroupState, tampered: readonly string[], { print, screen }: Terminal): void {
  const { plan, verdicts, gate } = state;
  const red = plan.katas.filter(({ id }) => !isGreen(verdicts.get(id))).length;
  const sums = plan.katas.flatMap((kata) => {
    const verdict = verdicts.get(kata.id);
    return verdict ? [{ green: isGreen(verdict), score: verdict.score, points: pointsOf(kata) }] : [];
  });
  print([
    `  ${sumLine(sums)}`,
    '',
    ...(plan.whole && plan.group.gate
      ? [...gateLines(gate, `${red} of ${plan.katas.length} katas still to go`, screen), '']
      : []),
    ...tampered.flatMap((line) => paragraph(line, screen.columns, '  ! ')),
    ...(tampered.length > 0 ? [''] : []),
  ]);
}

/** Shows what a save did: the verdict first, then what it did to the damage. `before`: the state that it changes. */
export function showSave(
  saved: readonly Kata[],
  before: GroupState,
  { print, screen }: Terminal,
  { verbose }: ShowOptions,
  at: Date,
): Progress {
  const ink = inkOf(screen);
  const title = `── ${at.toTimeString().slice(0, 8)} ${saved.map(({ id }) => id).join(', ')} saved `;
  const verdicts = new Map(before.verdicts);
  const damage = before.incident?.now ?? undefined;
  const last = before.incident?.measures?.now;
  print(['', ink.faint(title + '─'.repeat(Math.max(2, Math.min(screen.columns, 80) - title.length)))]);
  return {
    kata: (kata, verdict) => {
      print(saveLines(headOf(kata), verdict, verdicts.get(kata.id), screen));
      if (verbose && !isGreen(verdict)) print([...rulesOf(verdict, screen, 'all'), ...facts(verdict, screen)]);
    },
    incident: ({ now, measures, error }) => {
      const moved = measures ? measuresChange(measures.now, last) : [];
      const text = now
        ? [...damageChange(now, damage), ...moved]
        : [`could not be played: ${error ?? 'no figures came back'}`];
      print(text.flatMap((line, n) => paragraph(line, screen.columns, n === 0 ? '  Incident  ' : '            ')));
    },
    gate: (verdict) => print(gateLines(verdict, '', screen)),
  };
}

/** What to do after this run of this group, told with paths as seen from `from`. */
export function nextOf(
  state: GroupState,
  catalogue: Catalogue,
  evidence: Evidence,
  watching: boolean,
  from = process.cwd(),
): NextStep {
  const { plan, verdicts, gate, incident } = state;
  const follows = recommendedOrder[recommendedOrder.indexOf(plan.group.number) + 1];
  return nextStep({
    katas: plan.katas.flatMap((kata) => {
      const verdict = verdicts.get(kata.id);
      return verdict
        ? [
            {
              id: kata.id,
              folder: seenFrom(from, kata.folder),
              state: stateOf(verdict),
              untouched: evidence.untouched(kata),
              missing: !existsSync(kata.file),
            },
          ]
        : [];
    }),
    group: { number: plan.group.number, name: plan.group.name, incident: incidentName(plan.group) },
    whole: plan.whole,
    gate: gate ? stateOf(gate) : null,
    now: incident?.now ?? undefined,
    recorded: incident?.recorded,
    next:
      follows === undefined
        ? null
        : {
            number: follows,
            name: GROUP_NAMES[follows] ?? '',
            here: catalogue.groups.some(({ number }) => number === follows),
          },
    watching,
  });
}

/** A path short enough to type: relative, unless that climbs out of where one is. */
export function seenFrom(from: string, path: string): string {
  const short = relative(from, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

export function runJsonOf(state: GroupState, next: NextStep, root: string): RunJson['groups'][number] {
  const { plan, verdicts, gate, incident } = state;
  return {
    group: plan.group.number,
    name: plan.group.name,
    incident: incident && {
      recorded: incident.recorded ?? null,
      now: incident.now,
      measures: incident.measures,
      error: incident.now ? null : (incident.error ?? null),
    },
    katas: plan.katas.flatMap((kata) => {
      const verdict = verdicts.get(kata.id);
      const { title, pattern } = kata;
      return verdict
        ? [
            {
              ...verdict,
              coverage: verdict.coverage ?? null,
              path: relative(root, kata.folder),
              title,
              pattern,
              points: pointsOf(kata),
            },
          ]
        : [];
    }),
    gate: gate && {
      verdict: gate.verdict,
      seeds: gate.seeds,
      error: gate.error ?? brokenRules(gate)[0]?.message ?? null,
    },
    next,
  };
}
