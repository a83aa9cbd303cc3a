import { genesis, link } from './chain.ts';
import { decide, enrol } from './decide.ts';
import { evolve } from './evolve.ts';
import type { Graded, LearningCommand } from './learning-commands.ts';
import { type ChainedEvent, type Damage, learnerStream } from './learning-events.ts';
import { nobody } from './standing.ts';

/** Builders for the tests of progress. */

export const LEARNER = '4f8d2c1e-0000-4000-8000-000000000001';
export const ORDER = ['1.1', '1.2', '1.3', '2.1'];

/** '10:05' of the first day. */
export const at = (clock: string): string => `2026-03-03T${clock}:00.000Z`;

export function graded(over: Partial<Omit<Graded, 'digests'>> & { digests?: Partial<Graded['digests']> } = {}): Graded {
  const { digests, ...more } = over;
  const passed = (over.verdict ?? 'fail') === 'pass';
  return {
    verdict: 'fail',
    score: passed ? 5 : 2,
    points: 5,
    behaviours: [
      { id: 'incident', points: 3, passed },
      { id: 'trade-off', points: 2, passed: true },
    ],
    seeds: [1],
    digests: { answer: 'answer-1', kata: 'kata-1', suite: 'suite-1', fixture: 'fixture-1', ...digests },
    untouched: false,
    durationMs: 40,
    counts: true,
    ...more,
  };
}

let commands = 0;
const next = (clock: string) => ({ id: `command-${++commands}`, at: at(clock), run: `run-${clock}` });

export const verdict = (clock: string, kata: string, over: Parameters<typeof graded>[0] = {}): LearningCommand => ({
  ...next(clock),
  type: 'NoteVerdict',
  kata,
  graded: graded(over),
  order: ORDER,
});

/** How much of an answer ran, as measured after it was graded. */
export const coverage = (
  clock: string,
  kata: string,
  lines: number,
  answer = 'right',
  suite = 'suite-1',
): LearningCommand => ({
  ...next(clock),
  type: 'NoteCoverage',
  kata,
  digests: graded({ digests: { answer, suite } }).digests,
  coverage: { lines, branches: 0.5 },
});

export const green = (clock: string, kata: string, answer = 'right', suite = 'suite-1'): LearningCommand =>
  verdict(clock, kata, { verdict: 'pass', digests: { answer, suite } });

export const red = (clock: string, kata: string, answer = 'wrong', suite = 'suite-1'): LearningCommand =>
  verdict(clock, kata, { digests: { answer, suite } });

export const hint = (clock: string, kata: string, level = 1): LearningCommand => ({
  ...next(clock),
  type: 'TakeHint',
  kata,
  level,
});

export const viewed = (clock: string, kata: string): LearningCommand => ({
  ...next(clock),
  type: 'ViewSolution',
  kata,
});

export const notes = (clock: string, kata: string, digest: string): LearningCommand => ({
  ...next(clock),
  type: 'NoteNotes',
  kata,
  digest,
  words: 120,
});

export const damage = (waited: number): Damage => ({
  resolved: waited <= 0,
  objectives: [{ name: 'questions left waiting', limit: '≤ 0', value: waited, unit: 'questions', met: waited <= 0 }],
});

export const replay = (
  clock: string,
  group: number,
  scene: 'incident' | 'gate',
  waited: number,
  gate = 'gate-1',
): LearningCommand => ({
  ...next(clock),
  type: 'NoteReplay',
  group,
  scene,
  verdict: waited <= 0 ? 'pass' : 'fail',
  seeds: scene === 'gate' ? [7, 8] : [],
  gate,
  damage: damage(waited),
  recorded: damage(174),
  counts: true,
});

/** A replay that measured one figure. */
export const measuring = (clock: string, ndcg: number): LearningCommand => {
  const now = {
    title: 'How good retrieval is',
    steps: ['your code'],
    classes: [{ name: 'paraphrase', questions: 24 }],
    metrics: [{ name: 'nDCG@10', values: [[ndcg]] }],
  };
  return { ...replay(clock, 1, 'incident', 3), measures: { recorded: null, now } } as LearningCommand;
};

/** What a learner did, as their stream holds it, from their enrolment at 10:00. */
export function history(...done: LearningCommand[]): ChainedEvent[] {
  const first = enrol({ id: LEARNER, name: 'Ada', cohort: 'spring' }, { at: at('10:00'), run: 'run-0' });
  let standing = evolve(nobody, first);
  const drafts = [first];
  for (const command of done) {
    const more = decide(standing, command);
    standing = more.reduce(evolve, standing);
    drafts.push(...more);
  }
  return link(drafts, genesis(learnerStream(LEARNER)));
}

export const standingOf = (events: readonly ChainedEvent[]) => events.reduce(evolve, nobody);
