import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, Group, Kata } from '../../catalogue/catalogue.ts';
import type { Assessment, Coverage, Measures, Verdict } from '../../grading/verdict.ts';
import type { LearningCommand } from '../../progress/learning-commands.ts';
import type { Damage } from '../../progress/learning-events.ts';
import type { Replayed } from '../../report/incident-lines.ts';
import { pointsOf } from '../run/plan.ts';
import { isUntouched } from '../run/untouched.ts';
import { orderOf } from './course-of.ts';
import { FileDigests } from './digests-of.ts';

type Unsent<Command> = Command extends unknown ? Omit<Command, 'id' | 'at' | 'run'> : never;

/** A command before it is sent. */
export type Said = Unsent<LearningCommand>;

/** The answer that a run is about to grade. */
export interface Answered {
  digest: string;
  untouched: boolean;
}

type Replay = Extract<LearningCommand, { type: 'NoteReplay' }>;
type Scene = Pick<Replay, 'scene' | 'verdict' | 'seeds'>;
type Figures = Pick<Replay, 'damage' | 'recorded' | 'measures'>;

/** What is to be noted of what a run shows, with the digests of the files on which it depends. */
export class Sightings {
  readonly #digests: FileDigests;
  readonly #order: string[];
  readonly #notes = new Map<string, string>();

  constructor(catalogue: Catalogue) {
    this.#digests = new FileDigests(catalogue.root);
    this.#order = orderOf(catalogue);
  }

  answer(kata: Kata): Answered {
    return { digest: this.#digests.short(kata.file), untouched: isUntouched(kata) };
  }

  verdict(kata: Kata, verdict: Verdict, { digest: answer, untouched }: Answered): Said {
    const { score, behaviours, seeds, durationMs, error } = verdict;
    return {
      type: 'NoteVerdict',
      kata: kata.id,
      order: this.#order,
      graded: {
        verdict: verdict.verdict,
        score,
        points: pointsOf(kata),
        behaviours: behaviours.map(({ id, points, passed }) => ({ id, points, passed })),
        seeds,
        digests: { answer, ...this.#digests.ofKata(kata) },
        untouched,
        durationMs: Math.round(durationMs),
        counts: this.#digests.kataCounts(kata),
        ...(error !== undefined && { error: error.slice(0, 300) }),
      },
    };
  }

  /** Nothing where the file is another by now: it was perhaps that one which was measured. */
  coverage(kata: Kata, coverage: Coverage, { digest: answer }: Answered): Said[] {
    if (this.#digests.short(kata.file) !== answer) return [];
    return [{ type: 'NoteCoverage', kata: kata.id, digests: { answer, ...this.#digests.ofKata(kata) }, coverage }];
  }

  /** Nothing where there are none, or none that were not seen before. */
  notes({ id, folder }: Kata): Said[] {
    const file = join(folder, 'notes.md');
    const digest = this.#digests.short(file);
    if (digest === '' || this.#notes.get(id) === digest) return [];
    this.#notes.set(id, digest);
    const words = readFileSync(file, 'utf8').split(/\s+/).filter(Boolean).length;
    return [{ type: 'NoteNotes', kata: id, digest, words }];
  }

  incident(group: Group, { now, recorded, measures }: Replayed): Said[] {
    const verdict = !now ? 'error' : now.resolved ? 'pass' : 'fail';
    const figures = {
      damage: figuresOf(now),
      recorded: figuresOf(recorded),
      ...(measures && {
        measures: { recorded: measures.recorded && rounded(measures.recorded), now: rounded(measures.now) },
      }),
    };
    return this.#replay(group, { scene: 'incident', verdict, seeds: [] }, figures);
  }

  /** The gate's own damage is that of its last seed, not of the recorded morning: it can't be set beside that. */
  gate(group: Group, { verdict, seeds }: Verdict): Said[] {
    return this.#replay(group, { scene: 'gate', verdict, seeds }, { damage: null, recorded: null });
  }

  #replay(group: Group, scene: Scene, figures: Figures): Said[] {
    const gate = this.#digests.ofGate(group);
    if (gate === null) return [];
    const counts = this.#digests.gateCounts(group);
    return [{ type: 'NoteReplay', group: group.number, ...scene, gate, ...figures, counts }];
  }
}

/** Without the evidence, which is in the history of the replay. */
function figuresOf(assessment: Assessment | null | undefined): Damage | null {
  if (!assessment) return null;
  const { resolved, objectives } = assessment;
  return {
    resolved,
    objectives: objectives.map(({ name, limit, value, unit, met }) => ({
      name,
      limit,
      value: finite(value),
      unit,
      met,
    })),
  };
}

/** To four decimals: what is kept with every replay is to be short. */
const rounded = (measures: Measures): Measures => ({
  ...measures,
  metrics: measures.metrics.map(({ name, values }) => ({
    name,
    values: values.map((row) => row.map((value) => value && Math.round(value * 1e4) / 1e4)),
  })),
});

/** JSON has no infinity; what never happened is further off than anything that did. */
const finite = (value: number) => (Number.isFinite(value) ? value : Number.MAX_SAFE_INTEGER);
