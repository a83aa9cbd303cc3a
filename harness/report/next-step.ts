import type { Assessment } from '../grading/verdict.ts';
import { limitOf } from './damage.ts';
import { count, quantity } from './figures.ts';
import { inkOf, type Screen } from './screen.ts';
import { paragraph } from './text.ts';

/** Where a learner stands after a run; paths are relative to where they are. */
export interface Standing {
  /** The group's katas that were run, in order. */
  katas: {
    id: string;
    folder: string;
    state: 'green' | 'red' | 'error' | 'timeout';
    untouched: boolean;
    missing: boolean;
  }[];
  group: { number: number; name: string; incident: string };
  /** All katas of the group were asked for. */
  whole: boolean;
  /** Null where the gate was not run. */
  gate: 'green' | 'red' | 'error' | 'timeout' | null;
  now?: Assessment | undefined;
  recorded?: Assessment | undefined;
  /** The next group in the recommended order, and whether this copy has it. */
  next: { number: number; name: string; here: boolean } | null;
  watching: boolean;
}

/** What to do now, a paragraph per line, and the one file or command to open. */
export interface NextStep {
  say: string;
  open?: string;
  run?: string;
}

/** The order in which the groups are best taken. */
export const recommendedOrder = [1, 2, 3, 5, 6, 8, 9, 4, 7, 10, 11, 12];

export function nextStep(standing: Standing): NextStep {
  const { katas, group, watching } = standing;
  const broken = katas.find(({ state }) => state === 'error' || state === 'timeout');
  if (broken?.missing) {
    const say = `${broken.id} has no kata.ts. The starter comes back with`;
    return { say, run: `pnpm kata reset ${broken.id}` };
  }
  if (broken) {
    const what = broken.state === 'timeout' ? 'never came to an end' : 'could not be run';
    return {
      say: `${broken.id} ${what}: mend it first.`,
      open: `${broken.folder}/kata.ts`,
      run: `pnpm kata ${broken.id}`,
    };
  }
  const red = katas.find(({ state }) => state === 'red');
  if (red?.untouched) {
    return {
      say: `Begin with ${red.id}: read its page (one screen), then edit kata.ts beside it.${watching ? ' Each save is graded here.' : ''}`,
      open: `${red.folder}/README.md`,
      run: watching ? `pnpm kata hint ${red.id}` : `pnpm kata ${red.id}`,
    };
  }
  if (red) {
    return {
      say: `Go on with ${red.id}.${watching ? ' Each save is graded here; a hint, in another terminal:' : ' A hint:'}`,
      open: `${red.folder}/kata.ts`,
      run: `pnpm kata hint ${red.id}`,
    };
  }
  if (!standing.whole)
    return {
      say: `${katas.map(({ id }) => id).join(', ')} ${katas.length === 1 ? 'is' : 'are'} green. Now the group:`,
      run: `pnpm kata group${group.number}`,
    };
  if (standing.gate !== 'green') return gateStep(standing);
  return resolvedStep(standing);
}

function gateStep({ group, now, gate }: Standing): NextStep {
  const missed = now?.objectives.find(({ met }) => !met);
  const see = `pnpm kata incident group${group.number} --mine`;
  if (!missed) {
    const how = gate === 'red' ? 'on another seed the incident still does damage' : 'the gate came to no verdict';
    return { say: `Every kata is green, but ${how}. See your own run:`, run: see };
  }
  return {
    say: `Every kata is green, but together they don't resolve the incident: ${missed.name} is ${quantity(missed.value, missed.unit)}, and ${limitOf(missed)} is asked. See your own run:`,
    run: see,
  };
}

function resolvedStep({ katas, group, next, now, recorded }: Standing): NextStep {
  const gains = (now?.objectives ?? []).flatMap((objective) => {
    const was = recorded?.objectives.find(({ name }) => name === objective.name);
    if (!was || was.met) return [];
    return [`${objective.name} ${quantity(was.value, was.unit)} → ${quantity(objective.value, objective.unit)}`];
  });
  const done = [
    `Group ${group.number} is resolved: "${group.incident}" no longer happens, on the recording or on fresh seeds.`,
    ...(gains.length > 0 ? [`On the same replay: ${gains.slice(0, 3).join('; ')}.`] : []),
    `Before you go on: notes.md beside each kata.ts (its page asks), and 'pnpm kata compare ${katas[0]?.id ?? ''}' for ours.`,
  ];
  const say = (more: string) => [...done, more].join('\n');
  if (!next) return { say: say('That was the last group.'), run: 'pnpm kata list' };
  const name = `group ${next.number}, ${next.name}`;
  if (!next.here)
    return { say: say(`Next in the order is ${name}; this copy doesn't have it yet.`), run: 'pnpm kata list' };
  return { say: say(`Then ${name}:`), run: `pnpm kata group${next.number}` };
}

export function nextStepLines(step: NextStep, screen: Screen): string[] {
  const ink = inkOf(screen);
  return [
    ink.strong('Next'),
    ...step.say.split('\n').flatMap((line) => paragraph(line, screen.columns, '  ')),
    ...(step.open ? [`    ${ink.link(step.open)}`] : []),
    ...(step.run ? [`    ${ink.link(step.run)}`] : []),
  ];
}

/** `9 of 10 katas green, 83 of 140 points`. */
export function sumLine(katas: readonly { green: boolean; score: number; points: number }[]): string {
  const total = (pick: (kata: { score: number; points: number }) => number) =>
    katas.reduce((sum, kata) => sum + pick(kata), 0);
  const green = katas.filter((kata) => kata.green).length;
  return `${green} of ${count(katas.length, 'kata')} green, ${total(({ score }) => score)} of ${total(({ points }) => points)} points`;
}
