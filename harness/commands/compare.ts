import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Group, Kata } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectGroup, selectKata } from '../catalogue/select.ts';
import { type Grader, openGrader } from '../grading/grader.ts';
import type { Verdict } from '../grading/verdict.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import type { RecordedEvent } from '../kit/events.ts';
import { codeBeside, countsBeside, timelinesBeside } from '../report/compare-lines.ts';
import { damageLines } from '../report/damage.ts';
import { measuresLines } from '../report/measures.ts';
import { inkOf } from '../report/screen.ts';
import { padStart, paragraph, printable } from '../report/text.ts';
import { Keeper } from './progress/keeper.ts';
import { freshHistoryFile, readHistory } from './run/evidence.ts';
import { incidentRequest, isGreen } from './run/group-run.ts';
import { pointsOf } from './run/plan.ts';
import { seenFrom } from './run/show.ts';
import type { Terminal } from './terminal.ts';
import { closing, untilAborted } from './until.ts';

/** The learner's file beside the solution, then what each did to the same replay. Exit code 0, or 1 when declined. */
export async function compare(
  root: string,
  { name, yes }: { name: string; yes: boolean },
  terminal: Terminal,
): Promise<number> {
  const catalogue = loadCatalogue(root);
  const kata = selectKata(catalogue, name);
  const group = selectGroup(catalogue, name);
  const [mine, solution] = [read(kata.file), read(kata.solution)];
  const keeper = new Keeper(catalogue);
  const grader = await openGrader({ root, columns: 2 });
  const show = async () => {
    if (!yes && !(await maySpoil(kata, grader, terminal))) return 1;
    showCode(kata, mine, solution, terminal);
    keeper.note({ type: 'ViewSolution', kata: kata.id });
    if (group.gate) await showRuns(kata, group, root, grader, terminal);
    await keeper.tellOf(terminal);
    return 0;
  };
  return closing(keeper, () => closing(grader, () => untilAborted(show(), terminal)));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HarnessError('FILE_UNREADABLE', `${seenFrom(process.cwd(), file)} can't be read.`, { cause });
  }
}

async function maySpoil(kata: Kata, grader: Grader, { interactive, ask, print }: Terminal): Promise<boolean> {
  const [verdict] = await grader.grade([{ kata, subject: kata.file, seeds: [1] }]);
  if (isGreen(verdict)) return true;
  const points = `${verdict?.score ?? 0} of ${pointsOf(kata)} points`;
  if (!interactive) {
    throw new HarnessError(
      'SPOILER_REFUSED',
      `${kata.id} is not green yet (${points}) and this shows its solution; --yes if you want that.`,
    );
  }
  const answer = await ask(`${kata.id} is not green yet (${points}). Show the solution all the same? [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return true;
  print([`Not shown. A hint instead: pnpm kata hint ${kata.id}`]);
  return false;
}

function showCode(kata: Kata, mine: string, solution: string, { print, screen }: Terminal): void {
  const ink = inkOf(screen);
  print([
    ...paragraph(`${kata.id} ${kata.title}: yours and the solution`, screen.columns, '').map(ink.strong),
    '',
    ...codeBeside(mine, solution, screen),
    '',
    ...paragraph(
      `Why it is so, and what else would be right: ${seenFrom(process.cwd(), join(kata.solutionFolder, 'notes.md'))}`,
      screen.columns,
      '  ',
    ),
    '',
  ]);
}

interface Played {
  verdict: Verdict | undefined;
  history: RecordedEvent[];
}

/** The group's incident on the learner's katas, and on the same with only this one swapped. */
async function showRuns(kata: Kata, group: Group, root: string, grader: Grader, terminal: Terminal): Promise<void> {
  const files = [freshHistoryFile(root, `${kata.id}-mine`), freshHistoryFile(root, `${kata.id}-solution`)] as const;
  const swapped = (one: Kata) => (one.id === kata.id ? kata.solution : one.file);
  const verdicts = await grader.grade([
    incidentRequest({ group }, null, files[0]),
    incidentRequest({ group }, null, files[1], swapped),
  ]);
  const [mine, theirs] = files.map((file, n): Played => ({ verdict: verdicts[n], history: readHistory(file) })) as [
    Played,
    Played,
  ];
  terminal.print(runLines(kata, mine, theirs, terminal));
}

function runLines({ id }: Kata, mine: Played, theirs: Played, { screen }: Terminal): string[] {
  const ink = inkOf(screen);
  const title = `The incident on your katas, and with only ${id} swapped for the solution`;
  const head = paragraph(title, screen.columns, '').map(ink.strong);
  const unplayed = [
    ...whyUnplayed('your katas', mine),
    ...whyUnplayed(`your katas and the solution of ${id}`, theirs),
  ].flatMap((line) => paragraph(line, screen.columns, '  '));
  if (unplayed.length > 0) return [...head, ...unplayed];
  const damage = theirs.verdict?.damage
    ? damageLines({ recorded: mine.verdict?.damage, now: theirs.verdict.damage }, screen, {
        before: 'yours',
        now: 'solution',
      })
    : [];
  const measures = theirs.verdict?.measures
    ? [
        '',
        ...measuresLines({ recorded: mine.verdict?.measures ?? null, now: theirs.verdict.measures }, screen, 'yours'),
      ]
    : [];
  const counts = countsBeside(mine.history, theirs.history).slice(0, 10);
  const timelines = timelinesBeside(mine.history, theirs.history, screen);
  if (!timelines) return [...head, ...damage, ...measures, '', '  Both did the same, event for event.'];
  return [
    ...head,
    ...damage,
    ...measures,
    '',
    ...(counts.length > 0 ? ['  Events, where the numbers differ', ink.faint(countRow('yours', 'solution', ''))] : []),
    ...counts.map((row) => countRow(String(row.mine), String(row.theirs), row.type)),
    ...(counts.length > 0 ? [''] : []),
    '  From where they part',
    ...timelines,
  ];
}

const countRow = (mine: string, theirs: string, type: string) =>
  `  ${padStart(mine, 8)}  ${padStart(theirs, 8)}  ${type}`.trimEnd();

function whyUnplayed(what: string, { verdict, history }: Played): string[] {
  if (history.length > 0) return [];
  const why = verdict?.error ?? verdict?.behaviours.find(({ passed }) => !passed)?.message ?? 'it left no events';
  return [`It could not be played on ${what}: ${printable(why)}`];
}
