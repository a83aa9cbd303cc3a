import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { MeasuresBeside } from '../kit/measures.ts';
import { editionDigest, evolve } from './evolve.ts';
import type { LearningCommand } from './learning-commands.ts';
import type { DraftEvent, LearningEvent } from './learning-events.ts';
import { editionOf, groupOf, kataOf, type Standing } from './standing.ts';

/** A clock that was set back by less than this is only being adjusted. */
const CLOCK_TOLERANCE_MS = 2_000;

/** An event and what caused it, if not the command: another of the same command, by its place, or an earlier one's id. */
type Decided = { event: LearningEvent; by?: number | string };

/**
 * Which events come of a command. None where it says nothing new, or where its events are kept already. The same
 * command on the same standing gives the same events, ids included.
 */
export function decide(standing: Standing, command: LearningCommand): DraftEvent[] {
  if (standing.recent.includes(eventId(command.id, 0))) return [];
  const times = timesOf(standing, command.at);
  return decided(standing, command).map(({ event, by }, place) => ({
    id: eventId(command.id, place),
    ...event,
    metadata: {
      at: times.at,
      ...(place === 0 && times.backMs > 0 && { clockBackMs: times.backMs }),
      $correlationId: command.run,
      $causationId: typeof by === 'number' ? eventId(command.id, by) : (by ?? command.id),
    },
  }));
}

/** The events of several commands, each decided on what the ones before it left. */
export function decideAll(standing: Standing, commands: readonly LearningCommand[]): DraftEvent[] {
  const drafts: DraftEvent[] = [];
  let stands = standing;
  for (const command of commands) {
    const more = decide(stands, command);
    drafts.push(...more);
    stands = more.reduce(evolve, stands);
  }
  return drafts;
}

/** A learner's first event, which comes with the first that they do. */
export function enrol(
  learner: { id: string; name: string | null; cohort: string },
  { at, run }: { at: string; run: string },
): DraftEvent {
  return {
    id: eventId(`${run} enrol`, 0),
    type: 'LearnerEnrolled',
    data: { learner: learner.id, name: learner.name, cohort: learner.cohort },
    metadata: { at, $correlationId: run, $causationId: run },
  };
}

function decided(standing: Standing, command: LearningCommand): Decided[] {
  switch (command.type) {
    case 'NoteVerdict':
      return verdictEvents(standing, command);
    case 'NoteCoverage':
      return coverageEvents(standing, command);
    case 'NoteReplay':
      return replayEvents(standing, command);
    case 'TakeHint': {
      const { kata, level } = command;
      return [{ event: { type: 'HintTaken', data: { kata, level, afterGreen: wasSolved(standing, kata) } } }];
    }
    case 'ViewSolution': {
      const { kata } = command;
      return [{ event: { type: 'SolutionViewed', data: { kata, afterGreen: wasSolved(standing, kata) } } }];
    }
    case 'NoteNotes': {
      const { kata, digest, words } = command;
      if (kataOf(standing, kata).notes?.digest === digest) return [];
      return [{ event: { type: 'NotesWritten', data: { kata, digest, words } } }];
    }
    case 'NoteReset': {
      const { kata, kept } = command;
      return [{ event: { type: 'KataReset', data: { kata, kept } } }];
    }
  }
}

const wasSolved = (standing: Standing, kata: string): boolean => kataOf(standing, kata).solvedAt !== null;

function verdictEvents(standing: Standing, command: Extract<LearningCommand, { type: 'NoteVerdict' }>): Decided[] {
  const { kata, graded, order } = command;
  const { untouched, digests, ...result } = graded;
  const before = kataOf(standing, kata);
  const events: Decided[] = [];
  const attempt = !untouched && digests.answer !== before.attempted ? before.attempts + 1 : before.attempts;
  if (attempt > before.attempts) {
    events.push({ event: { type: 'AttemptStarted', data: { kata, attempt, answer: digests.answer } } });
    const open = order.slice(0, Math.max(0, order.indexOf(kata))).filter((id) => !wasSolved(standing, id));
    const [instead] = open;
    if (attempt === 1 && instead !== undefined)
      events.push({ event: { type: 'OrderDeviated', data: { kata, instead, skipped: open.length } }, by: 0 });
  }
  const edition = editionOf(before.editions, editionDigest(digests));
  events.push({
    event: { type: 'SuiteGraded', data: { kata, ...result, digests, edition } },
    ...(attempt > before.attempts && { by: 0 }),
  });
  const graduated = events.length - 1;
  const green = graded.verdict === 'pass' && graded.counts;
  if (green && before.editions[edition - 1]?.verdict !== 'pass') {
    const again = before.solvedAt !== null;
    events.push({ event: { type: 'KataSolved', data: { kata, edition, attempt, again } }, by: graduated });
  }
  return events;
}

/** Only of the answer that was graded last: how much ran of one that is gone is no figure of where somebody stands. */
function coverageEvents(standing: Standing, command: Extract<LearningCommand, { type: 'NoteCoverage' }>): Decided[] {
  const { kata, digests, coverage } = command;
  const { editions } = kataOf(standing, kata);
  const edition = editionOf(editions, editionDigest(digests));
  const result = editions[edition - 1];
  if (result?.answer !== digests.answer || isDeepStrictEqual(result.coverage, coverage)) return [];
  const data = { kata, answer: digests.answer, edition, coverage };
  return [{ event: { type: 'CoverageMeasured', data }, by: result.event }];
}

function replayEvents(standing: Standing, command: Extract<LearningCommand, { type: 'NoteReplay' }>): Decided[] {
  const { group, scene, verdict, seeds, gate, damage, recorded, measures, counts } = command;
  const before = groupOf(standing, group);
  const edition = editionOf(before.editions, gate);
  const figures = { damage, recorded, ...(isNews(measures, before.measures) && { measures }) };
  const data = { group, scene, verdict, seeds, gate, edition, ...figures, counts };
  const events: Decided[] = [{ event: { type: 'GateReplayed', data } }];
  const green = scene === 'gate' && verdict === 'pass' && counts;
  if (green && !(before.gate?.verdict === 'pass' && before.gate.edition === edition)) {
    const again = before.resolvedAt !== null;
    events.push({ event: { type: 'GroupResolved', data: { group, edition, seeds, again } }, by: 0 });
  }
  return events;
}

/** A table of measures is as long as ten other events, and most saves move none of it. */
const isNews = (measures: MeasuresBeside | undefined, before: MeasuresBeside | null): measures is MeasuresBeside =>
  measures !== undefined && !isDeepStrictEqual(measures, before);

/** Time never goes back in a history: what a clock that was set back says is noted, and the last time kept. */
function timesOf({ lastAt }: Standing, said: string): { at: string; backMs: number } {
  if (lastAt === null || said >= lastAt) return { at: said, backMs: 0 };
  const backMs = Date.parse(lastAt) - Date.parse(said);
  return { at: lastAt, backMs: backMs > CLOCK_TOLERANCE_MS ? backMs : 0 };
}

/** A UUID (version 8: made from a hash) of the nth event of a command. */
export function eventId(command: string, place: number): string {
  const hex = createHash('sha256').update(`${command} ${place}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
