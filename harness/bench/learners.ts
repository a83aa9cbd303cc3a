import { sequence } from '../kit/seeded.ts';
import { genesis, link } from '../progress/chain.ts';
import { type Course, KATAS_PER_GROUP } from '../progress/course.ts';
import { decide, enrol } from '../progress/decide.ts';
import { editionDigest, evolve } from '../progress/evolve.ts';
import type { LearningCommand } from '../progress/learning-commands.ts';
import { type DraftEvent, learnerStream } from '../progress/learning-events.ts';
import { nobody } from '../progress/standing.ts';

const BEHAVIOURS = ['incident', 'rule-one', 'rule-two', 'rule-three', 'rule-four', 'events', 'trade-off'];
const DIGESTS = { kata: 'c'.repeat(32), suite: 'a'.repeat(32), fixture: 'b'.repeat(32) };

/** All 90 katas, as if every group were here. */
export function benchCourse(): Course {
  return {
    groups: Object.entries(KATAS_PER_GROUP).map(([number, size]) => ({
      number: Number(number),
      name: `Failure ${number}`,
      here: true,
      size,
      gate: 'd'.repeat(32),
      katas: Array.from({ length: size }, (_, n) => ({
        id: `${number}.${n + 1}`,
        title: `What went wrong in ${number}.${n + 1}`,
        pattern: 'A pattern',
        path: `katas/group/${n + 1}`,
        points: BEHAVIOURS.length * 3,
        behaviours: BEHAVIOURS.map((id) => ({ id, points: 3 })),
        edition: editionDigest(DIGESTS),
        answer: 'right',
        untouched: false,
      })),
    })),
  };
}

const ORDER = benchCourse().groups.flatMap(({ katas }) => katas.map(({ id }) => id));

/** A learner who goes through the katas in order, with attempts, hints and replays: `events` JSON lines of a real chain. */
export function learnerLines(seed: number, events: number): { id: string; lines: string[] } {
  const id = `bench-${String(seed).padStart(8, '0')}`;
  const random = sequence(seed, 'learner');
  const first = enrol({ id, name: null, cohort: 'bench' }, { at: timeOf(0), run: `run-${seed}` });
  const drafts: DraftEvent[] = [first];
  let standing = evolve(nobody, first);
  for (let step = 1, kata = 0; drafts.length < events; step++) {
    const command = commandOf(seed, step, ORDER[kata % ORDER.length] ?? '1.1', random);
    if (command.type === 'NoteVerdict' && command.graded.verdict === 'pass') kata++;
    const more = decide(standing, command);
    drafts.push(...more);
    standing = more.reduce(evolve, standing);
  }
  const chained = link(drafts.slice(0, events), genesis(learnerStream(id)));
  return { id, lines: chained.map((event) => JSON.stringify(event)) };
}

const timeOf = (step: number) => new Date(Date.UTC(2026, 8, 1) + step * 240_000).toISOString();

function commandOf(seed: number, step: number, kata: string, random: () => number): LearningCommand {
  const base = { id: `${seed}-${step}`, at: timeOf(step), run: `run-${seed}-${Math.floor(step / 10)}` };
  const what = random();
  if (what < 0.08) return { ...base, type: 'TakeHint', kata, level: 1 + Math.floor(what * 36) };
  if (what < 0.3) return replay(base, Number(kata.split('.')[0]), what);
  const green = what > 0.75;
  const behaviours = BEHAVIOURS.map((id) => ({ id, points: 3, passed: green || random() < 0.5 }));
  const score = behaviours.reduce((sum, { passed, points }) => sum + (passed ? points : 0), 0);
  return {
    ...base,
    type: 'NoteVerdict',
    kata,
    order: ORDER,
    graded: {
      verdict: green ? 'pass' : 'fail',
      score,
      points: 21,
      behaviours,
      seeds: [1],
      digests: { answer: green ? 'right' : `answer-${step}`, ...DIGESTS },
      untouched: false,
      durationMs: 120,
      counts: true,
    },
  };
}

function replay(base: { id: string; at: string; run: string }, group: number, what: number): LearningCommand {
  const objectives = Array.from({ length: 6 }, (_, n) => {
    const value = Math.round(what * 1000) + n;
    return { name: `objective ${n + 1} of the group`, limit: '≤ 300 ms', value, unit: 'ms', met: value <= 300 };
  });
  const damage = { resolved: objectives.every(({ met }) => met), objectives };
  const figures = { damage, recorded: damage, gate: 'd'.repeat(32), seeds: [], counts: true };
  return { ...base, type: 'NoteReplay', group, scene: 'incident', verdict: 'fail', ...figures };
}
