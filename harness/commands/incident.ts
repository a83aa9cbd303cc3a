import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Group } from '../catalogue/catalogue.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import { selectGroup } from '../catalogue/select.ts';
import { openGrader } from '../grading/grader.ts';
import { parseEvents } from '../incident/parse-events.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { problemLine } from '../kernel/problem.ts';
import type { RecordedEvent } from '../kit/events.ts';
import { eventDetailLines } from '../report/event-detail.ts';
import { eventLine } from '../report/event-text.ts';
import { count, duration } from '../report/figures.ts';
import { inkOf } from '../report/screen.ts';
import { paragraph } from '../report/text.ts';
import { busiestOf, timeline, timelineLines, timelineRowLines } from '../report/timeline.ts';
import { freshHistoryFile, readHistory } from './run/evidence.ts';
import { incidentRequest } from './run/group-run.ts';
import { incidentName } from './run/plan.ts';
import { seenFrom } from './run/show.ts';
import type { Terminal } from './terminal.ts';
import { closing, untilAborted } from './until.ts';

export interface IncidentCommand {
  name: string;
  /** The learner's own run instead of the recording. */
  mine: boolean;
  seed: number | null;
  /** Played, with its time compressed. */
  follow: boolean;
  /** Id of one event to show in full. */
  event: number | null;
  /** Every event, instead of stretches. */
  all: boolean;
  /** As JSON lines. */
  json: boolean;
}

/** A group's incident as a timeline: as recorded, or as it goes on the learner's code. */
export async function incident(root: string, command: IncidentCommand, terminal: Terminal): Promise<number> {
  const { print, screen } = terminal;
  const group = selectGroup(loadCatalogue(root), command.name);
  const mine = command.mine || command.seed !== null;
  const history = mine ? await ownRun(root, group, command.seed, terminal) : recording(group);
  if (command.json) print(history.map((event) => JSON.stringify(event)));
  else if (command.event !== null) print(oneEvent(history, command.event, terminal));
  else {
    print([...head(group, history, mine, command.seed, terminal), '']);
    if (command.follow) await follow(history, terminal);
    else print(command.all ? history.map((event) => eventLine(event, screen)) : timelineLines(history, screen));
    print(['', ...foot(group, command, mine, terminal)]);
  }
  return 0;
}

function recording(group: Group): RecordedEvent[] {
  const file = join(group.folder, 'incident', 'events.jsonl');
  const shown = seenFrom(process.cwd(), file);
  if (!existsSync(file)) {
    throw new HarnessError('FILE_UNREADABLE', `${shown} is missing; 'git checkout -- ${shown}' brings it back.`);
  }
  const { events, problems } = parseEvents(shown, readFileSync(file, 'utf8'));
  const [problem] = problems;
  if (problem) throw new HarnessError('FILE_UNREADABLE', problemLine(problem));
  return events;
}

/** Plays the incident on the learner's katas and reads what happened. */
async function ownRun(root: string, group: Group, seed: number | null, terminal: Terminal): Promise<RecordedEvent[]> {
  terminal.status('playing the incident on your code …');
  const grader = await openGrader({ root });
  return closing(grader, async () => {
    const file = freshHistoryFile(root, `group${group.number}-mine`);
    const [verdict] = await untilAborted(grader.grade([incidentRequest({ group }, seed, file)]), terminal);
    const history = readHistory(file);
    if (history.length > 0) return history;
    const why = verdict?.error ?? verdict?.behaviours.find(({ passed }) => !passed)?.message ?? 'it left no events';
    throw new HarnessError('RECORDING_FAILED', `The incident could not be played on your code: ${why}`);
  });
}

function oneEvent(history: readonly RecordedEvent[], id: number, { screen }: Terminal): string[] {
  const lines = eventDetailLines(history, id, screen);
  if (!lines)
    throw new HarnessError('OPTION_INVALID', `--event ${id}: this timeline has events 1 to ${history.length}.`);
  return lines;
}

function head(
  group: Group,
  history: readonly RecordedEvent[],
  mine: boolean,
  seed: number | null,
  { screen }: Terminal,
): string[] {
  const [first, last] = [history[0], history.at(-1)];
  const span = first && last ? `, ${duration(Date.parse(last.time) - Date.parse(first.time))}` : '';
  const whose = mine ? `on your code${seed === null ? '' : `, seed ${seed}`}` : 'as recorded';
  const title = `Group ${group.number}, "${incidentName(group)}", ${whose}: ${count(history.length, 'event')}${span}`;
  return paragraph(title, screen.columns, '').map(inkOf(screen).strong);
}

function foot(group: Group, { seed, all }: IncidentCommand, mine: boolean, { screen }: Terminal): string[] {
  const command = `pnpm kata incident group${group.number}${mine ? ' --mine' : ''}${seed === null ? '' : ` --seed ${seed}`}`;
  const ink = inkOf(screen);
  return [
    ink.faint(`  One event in full: ${command} --event N`),
    ...(all ? [] : [ink.faint(`  Every event:       ${command} --all`)]),
    ...(mine ? [] : [ink.faint(`  On your code:      ${command} --mine`)]),
  ];
}

/** How long a played timeline takes, whatever its own length. */
const FOLLOW_MS = 20_000;

async function follow(history: readonly RecordedEvent[], terminal: Terminal): Promise<void> {
  const { print, screen, signal } = terminal;
  const rows = timeline(history, 60);
  const [first, last] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0];
  const scale = Math.min(1, FOLLOW_MS / Math.max(1, last - first));
  const busiest = busiestOf(rows);
  let at = first;
  for (const row of rows) {
    await untilAborted(pause((row.at - at) * scale, undefined, { signal }), terminal);
    at = row.at;
    print(timelineRowLines(row, busiest, screen));
  }
}
