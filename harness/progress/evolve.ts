import { createHash } from 'node:crypto';
import type { ChainedEvent, DraftEvent, LearningEvent } from './learning-events.ts';
import { type GroupStanding, groupOf, type KataStanding, kataOf, PAUSE_MS, RECENT, type Standing } from './standing.ts';

type Of<Type extends LearningEvent['type']> = Extract<LearningEvent, { type: Type }>['data'];

/** Digest of a suite with its fixture: what makes an edition of a kata. */
export function editionDigest({ suite, fixture }: { suite: string; fixture: string }): string {
  return createHash('sha256').update(`${suite} ${fixture}`).digest('hex').slice(0, 32);
}

/** One event more. Pure: what was is not touched. */
export function evolve(standing: Standing, event: ChainedEvent | DraftEvent): Standing {
  const { at, clockBackMs = 0 } = event.metadata;
  const { clock, recent } = standing;
  const next: Standing = {
    ...standing,
    events: standing.events + 1,
    lastAt: at,
    recent: [...(recent.length < RECENT ? recent : recent.slice(1 - RECENT)), event.id],
    clock: clockBackMs > 0 ? { jumps: clock.jumps + 1, mostBackMs: Math.max(clock.mostBackMs, clockBackMs) } : clock,
  };
  switch (event.type) {
    case 'LearnerEnrolled':
      return { ...next, ...event.data, enrolledAt: standing.enrolledAt ?? at };
    case 'GateReplayed':
      return withGroup(next, event.data.group, (group) => replayed(group, event.data, at));
    case 'GroupResolved':
      return withGroup(next, event.data.group, (group) => ({ ...group, resolvedAt: group.resolvedAt ?? at }));
    case 'SuiteGraded':
      return withKata(next, event.data.kata, (kata) => graded(kata, event, at));
    case 'CoverageMeasured':
      return withKata(next, event.data.kata, (kata) => measured(kata, event.data));
    case 'AttemptStarted':
      return withKata(next, event.data.kata, (kata) => attempted(worked(kata, standing.lastAt, at), event.data, at));
    case 'HintTaken':
      return withKata(next, event.data.kata, (kata) => hinted(worked(kata, standing.lastAt, at), event.data));
    case 'KataSolved':
      return withKata(next, event.data.kata, (kata) => solved(kata, event.data, at));
    case 'OrderDeviated':
      return withKata(next, event.data.kata, (kata) => {
        const { instead, skipped } = event.data;
        return { ...kata, deviated: kata.deviated ?? { at, instead, skipped } };
      });
    case 'SolutionViewed':
      return withKata(next, event.data.kata, (kata) => ({
        ...kata,
        solution: kata.solution ?? { at, afterGreen: event.data.afterGreen },
      }));
    case 'NotesWritten':
      return withKata(next, event.data.kata, (kata) => {
        const { digest, words } = event.data;
        return { ...kata, notes: { at, digest, words } };
      });
    case 'KataReset':
      return withKata(next, event.data.kata, (kata) => ({ ...kata, resets: kata.resets + 1 }));
    default:
      // A later version's event: counted, and otherwise not ours to judge.
      return next;
  }
}

function withKata(standing: Standing, id: string, change: (kata: KataStanding) => KataStanding): Standing {
  return { ...standing, katas: { ...standing.katas, [id]: change(kataOf(standing, id)) } };
}

function withGroup(standing: Standing, number: number, change: (group: GroupStanding) => GroupStanding): Standing {
  return { ...standing, groups: { ...standing.groups, [number]: change(groupOf(standing, number)) } };
}

/** The time since the learner's last event was spent on this kata, as long as it isn't green. */
function worked(kata: KataStanding, lastAt: string | null, at: string): KataStanding {
  if (kata.solvedAt !== null || lastAt === null) return kata;
  const gap = Math.min(PAUSE_MS, Math.max(0, Date.parse(at) - Date.parse(lastAt)));
  return { ...kata, workedMs: kata.workedMs + gap };
}

function attempted(kata: KataStanding, { attempt, answer }: Of<'AttemptStarted'>, at: string): KataStanding {
  return { ...kata, attempts: attempt, attempted: answer, startedAt: kata.startedAt ?? at };
}

function hinted(kata: KataStanding, { level, afterGreen }: Of<'HintTaken'>): KataStanding {
  const { taken, beforeGreen, level: strongest } = kata.hints;
  const hints = {
    taken: taken + 1,
    beforeGreen: beforeGreen + (afterGreen ? 0 : 1),
    level: Math.max(strongest, level),
  };
  return { ...kata, hints };
}

function graded(kata: KataStanding, { id, data }: { id: string; data: Of<'SuiteGraded'> }, at: string): KataStanding {
  const seen = { ...kata, runs: kata.runs + 1, seenAt: kata.seenAt ?? at };
  if (!data.counts) return { ...seen, discounted: kata.discounted + 1 };
  const { verdict, score, points, behaviours, seeds, digests, durationMs, error } = data;
  const before = kata.editions[data.edition - 1];
  const result = {
    event: id,
    digest: editionDigest(digests),
    at,
    verdict,
    score,
    points,
    behaviours,
    seeds,
    durationMs,
    // The same answer to the same suite runs the same again; a run that doesn't measure takes nothing away.
    coverage: before?.answer === digests.answer ? before.coverage : null,
    answer: digests.answer,
    error: error ?? null,
  };
  const editions = [...kata.editions];
  editions[data.edition - 1] = result;
  return { ...seen, editions, edition: data.edition };
}

function measured(kata: KataStanding, { answer, edition, coverage }: Of<'CoverageMeasured'>): KataStanding {
  const result = kata.editions[edition - 1];
  if (result?.answer !== answer) return kata;
  return { ...kata, editions: kata.editions.with(edition - 1, { ...result, coverage }) };
}

function solved(kata: KataStanding, { attempt }: Of<'KataSolved'>, at: string): KataStanding {
  if (kata.solvedAt !== null) return kata;
  return { ...kata, solvedAt: at, attemptsToGreen: attempt };
}

function replayed(group: GroupStanding, data: Of<'GateReplayed'>, at: string): GroupStanding {
  const { scene, verdict, gate, edition, damage, recorded, measures, counts } = data;
  const next = { ...group, replays: group.replays + 1 };
  if (!counts) return next;
  const editions = [...group.editions];
  editions[edition - 1] = gate;
  const play = damage && { at, damage };
  return {
    ...next,
    editions,
    recorded: recorded ?? group.recorded,
    first: group.first ?? play,
    last: play ?? group.last,
    measures: measures ?? group.measures,
    gate: scene === 'gate' ? { at, verdict, edition } : group.gate,
  };
}
