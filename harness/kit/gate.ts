import { type Assessment, assess, type Objective, plain } from './assess.ts';
import { behaviour, must, type Run, recordedOnly } from './suite.ts';
import type { VirtualRun } from './virtual-time.ts';

/**
 * Plays the group's incident through Answerdesk and notes in `run.history` what happened. Where it also measures how
 * good retrieval is, it sets `run.report.measures`; a recording keeps them as `RetrievalMeasured` events.
 */
export type PlayIncident = (seed: number, run: Run) => Promise<void>;

/**
 * A group's gate: the incident as recorded, then others of its kind, each held to the objectives. The first one reports
 * the damage, so a run can show it before anything is green.
 */
export function gate(
  objectives: readonly Objective[],
  recordedSeed: number,
  play: PlayIncident,
  options: VirtualRun = {},
): void {
  // Requests pass through nock.
  const virtual = { turns: 4, ...options };
  const hold = async (seed: number, run: Run) => {
    await play(seed, run);
    const assessment = assess(objectives, run.history.events);
    run.report.damage = assessment;
    const worst = assessment.objectives.find(({ met }) => !met);
    must(assessment.resolved, () => unmet(assessment), worst?.evidence[0]);
  };
  recordedOnly(
    'the incident, replayed on these katas, is resolved',
    recordedSeed,
    (run) => hold(recordedSeed, run),
    virtual,
  );
  behaviour(
    'fresh',
    'so are others of its kind, with other questions, timings and faults',
    (run) => hold(run.seed, run),
    virtual,
  );
}

function unmet({ objectives }: Assessment): string {
  const broken = objectives.filter(({ met }) => !met);
  const says = broken.map(
    ({ name, value, unit, limit }) => `${name}: ${plain(value)}${unit && ` ${unit}`}, must be ${limit}`,
  );
  return says.join('; ');
}
