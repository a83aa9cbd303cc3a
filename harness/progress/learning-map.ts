import type { Course, CourseGroup, CourseKata } from './course.ts';
import type { VerdictWord } from './learning-events.ts';
import {
  type EditionResult,
  editionOf,
  type GroupStanding,
  groupOf,
  type KataStanding,
  kataOf,
  type Standing,
} from './standing.ts';

/**
 * `stale`: there is a result, but on an earlier edition of the suite. `edited`: it was green, and the file has been
 * changed since. Neither is green, and neither is said to be red.
 */
export type KataState = 'open' | 'red' | 'green' | 'stale' | 'edited';

/** `green`: all katas are, and the gate is still to be passed. `stale`: it was resolved, and something changed since. */
export type GroupState = 'absent' | 'open' | 'begun' | 'green' | 'resolved' | 'stale';

export interface KataOnMap extends CourseKata {
  state: KataState;
  /** What the state alone doesn't say: 'passed v3, not run on v4'. Empty where there is nothing. */
  says: string;
  /** The edition that the suite has now, counted as this history met them. */
  version: number;
  /** The latest result on the newest edition that was run. */
  result: EditionResult | null;
  standing: KataStanding;
}

export interface GroupOnMap extends Omit<CourseGroup, 'katas'> {
  state: GroupState;
  says: string;
  katas: KataOnMap[];
  standing: GroupStanding;
}

/** What to take up now. `why` is a sentence. */
export type NextUp =
  | { kind: 'kata'; group: GroupOnMap; kata: KataOnMap; why: string }
  | { kind: 'gate'; group: GroupOnMap; why: string }
  | { kind: 'end'; why: string };

export interface LearningMap {
  groups: GroupOnMap[];
  next: NextUp;
  /** Katas on the whole map, and how many of them are in each state. */
  size: number;
  states: Record<KataState, number>;
  /** Points of green katas, and of all that are here. */
  score: number;
  points: number;
  resolved: number;
}

/** Where somebody stands in the course as it is now. Pure. */
export function mapOf(course: Course, standing: Standing): LearningMap {
  const groups = course.groups.map((group) => groupOnMap(group, standing));
  const katas = groups.flatMap((group) => group.katas);
  const states: LearningMap['states'] = { open: 0, red: 0, green: 0, stale: 0, edited: 0 };
  for (const { state } of katas) states[state]++;
  return {
    groups,
    next: nextUp(groups),
    size: groups.reduce((sum, { size }) => sum + size, 0),
    states,
    score: katas.reduce((sum, { state, result }) => sum + (state === 'green' ? (result?.score ?? 0) : 0), 0),
    points: katas.reduce((sum, { points }) => sum + points, 0),
    resolved: groups.filter(({ state }) => state === 'resolved').length,
  };
}

export function kataOnMap(kata: CourseKata, whole: Standing): KataOnMap {
  const standing = kataOf(whole, kata.id);
  const version = editionOf(standing.editions, kata.edition);
  const now = standing.editions[version - 1];
  const result = now ?? standing.editions.at(-1) ?? null;
  const placed = { ...kata, version, result, standing };
  if (!result) {
    const says = standing.discounted > 0 ? 'only run on an edited suite, which does not count' : '';
    return { ...placed, state: 'open', says };
  }
  if (!now) {
    const met = editionOf(standing.editions, result.digest);
    return { ...placed, state: 'stale', says: `${outcome(result.verdict)} v${met}, not run on v${version}` };
  }
  if (now.verdict !== 'pass') return { ...placed, state: 'red', says: now.verdict === 'fail' ? '' : now.verdict };
  if (now.answer === kata.answer) return { ...placed, state: 'green', says: '' };
  const says = kata.untouched ? 'was green; the file is the starter again' : 'was green; edited since, and not run';
  return { ...placed, state: 'edited', says };
}

const outcome = (verdict: VerdictWord) => (verdict === 'pass' ? 'passed' : 'red on');

function groupOnMap(group: CourseGroup, whole: Standing): GroupOnMap {
  const katas = group.katas.map((kata) => kataOnMap(kata, whole));
  const standing = groupOf(whole, group.number);
  const placed = { ...group, katas, standing };
  if (!group.here) return { ...placed, state: 'absent', says: 'not in this copy yet' };
  const greens = katas.filter(({ state }) => state === 'green').length;
  const allGreen = katas.length > 0 && greens === katas.length;
  const { gate, editions, resolvedAt } = standing;
  const version = group.gate === null ? 0 : editionOf(editions, group.gate);
  if (allGreen && (group.gate === null || (gate?.verdict === 'pass' && gate.edition === version)))
    return { ...placed, state: 'resolved', says: '' };
  if (resolvedAt !== null) return { ...placed, state: 'stale', says: `was resolved; ${unresolvedBy()}` };
  if (allGreen) return { ...placed, state: 'green', says: 'every kata is green, the gate is not' };
  return { ...placed, state: katas.some(({ state }) => state !== 'open') ? 'begun' : 'open', says: '' };

  function unresolvedBy(): string {
    if (!allGreen) return `${katas.length - greens} of ${katas.length} katas not green now`;
    return gate?.verdict === 'pass' ? `gate not run on v${version}` : 'the gate is red now';
  }
}

/** The first group in the order that isn't resolved, and in it the first kata that isn't green. */
function nextUp(groups: readonly GroupOnMap[]): NextUp {
  const group = groups.find(({ here, state }) => here && state !== 'resolved');
  if (!group) return { kind: 'end', why: 'Every group of this copy is resolved.' };
  const kata = group.katas.find(({ state }) => state !== 'green');
  if (!kata) return { kind: 'gate', group, why: `Every kata of group ${group.number} is green; its gate decides.` };
  return { kind: 'kata', group, kata, why: whyNow(kata, group) };
}

function whyNow({ id, state, says, result, points }: KataOnMap, { number, state: group }: GroupOnMap): string {
  switch (state) {
    case 'red':
      return `${id} is red${says && ` (${says})`}, with ${result?.score ?? 0} of ${points} points.`;
    case 'stale':
      return `${id}: ${says}.`;
    case 'edited':
      return `${id} ${says}.`;
    default:
      return group === 'open' ? `Group ${number} begins with ${id}.` : `${id} is the next of group ${number}.`;
  }
}
