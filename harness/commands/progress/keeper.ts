import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, Group, Kata } from '../../catalogue/catalogue.ts';
import type { Assessment, Verdict } from '../../grading/verdict.ts';
import type { LearningCommand } from '../../progress/learning-commands.ts';
import type { Damage } from '../../progress/learning-events.ts';
import { Outbox } from '../../progress/outbox.ts';
import { nobody, type Standing } from '../../progress/standing.ts';
import { paragraph } from '../../report/text.ts';
import type { Progress } from '../run/group-run.ts';
import { type GroupPlan, pointsOf } from '../run/plan.ts';
import { isUntouched } from '../run/untouched.ts';
import type { Terminal } from '../terminal.ts';
import { orderOf } from './course-of.ts';
import { FileDigests } from './digests-of.ts';
import { isKept, keepAll, type Learning, lastKnownStanding, openLearning, outboxFolder, reasonOf } from './learning.ts';

type Said<Command> = Command extends unknown ? Omit<Command, 'id' | 'at' | 'run'> : never;

/**
 * Keeps what a command sees its learner do. It is put on the disk at once and goes into the store when there is time
 * for that; whatever fails, the command goes on, and one line says so.
 */
export class Keeper {
  readonly #root: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #run = randomUUID();
  readonly #outbox: Outbox;
  readonly #digests: FileDigests;
  readonly #order: string[];
  readonly #notes = new Map<string, string>();
  #learning: Promise<Learning> | undefined;
  #flushing: Promise<string | undefined> | undefined;
  #told = false;

  constructor(catalogue: Catalogue, env: NodeJS.ProcessEnv = process.env) {
    this.#root = catalogue.root;
    this.#env = env;
    this.#outbox = new Outbox(outboxFolder(catalogue.root), this.#run.slice(0, 8));
    this.#digests = new FileDigests(catalogue.root);
    this.#order = orderOf(catalogue);
  }

  /** What `show` shows of these katas and their incident is kept, after it was shown. Call it before they are graded. */
  keeping({ group }: GroupPlan, katas: readonly Kata[], seed: number | null, show: Progress): Progress {
    if (!isKept(this.#env)) return show;
    const answers = new Map(
      katas.map((kata) => [kata.id, { answer: this.#digests.short(kata.file), untouched: isUntouched(kata) }]),
    );
    return {
      kata: (kata, verdict) => {
        show.kata?.(kata, verdict);
        const answered = answers.get(kata.id);
        if (answered) this.#quietly(() => this.#noteVerdict(kata, verdict, answered));
      },
      incident: (replayed) => {
        const shown = show.incident?.(replayed);
        if (seed !== null) return shown;
        const { now, recorded } = replayed;
        const verdict = !now ? 'error' : now.resolved ? 'pass' : 'fail';
        this.#quietly(() => this.#noteReplay(group, { scene: 'incident', verdict, seeds: [] }, now, recorded));
        return shown;
      },
      gate: (verdict) => {
        show.gate?.(verdict);
        const { seeds, damage } = verdict;
        this.#quietly(() => this.#noteReplay(group, { scene: 'gate', verdict: verdict.verdict, seeds }, damage));
      },
    };
  }

  note(said: Said<LearningCommand>): void {
    if (!isKept(this.#env)) return;
    this.#outbox.put({ id: randomUUID(), at: new Date().toISOString(), run: this.#run, ...said } as LearningCommand);
  }

  /**
   * Puts into the store what waits. Resolves to a line for the learner where that failed, the first time only: what
   * waits stays in the outbox and goes in with a later command.
   */
  flush(): Promise<string | undefined> {
    this.#flushing = (this.#flushing ?? Promise.resolve()).then(() => this.#flush());
    return this.#flushing;
  }

  /** The same, and says the line: where the output is for a program, to those who watch it. */
  async tellOf({ print, screen }: Pick<Terminal, 'print' | 'screen'>, json = false): Promise<void> {
    const line = await this.flush();
    if (line === undefined) return;
    if (json) process.stderr.write(`${line}\n`);
    else print(['', ...paragraph(line, screen.columns, '')]);
  }

  /** Where the learner stands; where the store can't be had, as it was last known. */
  async standing(): Promise<Standing> {
    if (!isKept(this.#env)) return nobody;
    try {
      this.#learning ??= openLearning(this.#root, this.#env);
      return (await this.#learning).journal.standing;
    } catch {
      this.#learning = undefined;
      return lastKnownStanding(this.#root);
    }
  }

  /** Nothing more comes. What isn't in the store is on the disk. */
  async close(): Promise<void> {
    this.#outbox.sync();
    const learning = this.#learning;
    this.#learning = undefined;
    await (await learning?.catch(() => undefined))?.close().catch(() => {});
  }

  async #flush(): Promise<string | undefined> {
    const waiting = [...this.#outbox.pending];
    if (waiting.length === 0) return undefined;
    this.#outbox.sync();
    try {
      this.#learning ??= openLearning(this.#root, this.#env);
      const { journal, lasting } = await this.#learning;
      await keepAll(journal, waiting);
      if (lasting) this.#outbox.settled(waiting);
      return undefined;
    } catch (error) {
      this.#learning = undefined;
      return this.#line(error);
    }
  }

  #line(error: unknown): string | undefined {
    if (this.#told) return undefined;
    this.#told = true;
    const lost = this.#outbox.unwritable;
    if (lost) return `Your progress can't be kept: ${reasonOf(error)}; nor can .kata/outbox: ${reasonOf(lost)}.`;
    return `Your progress is not in the event store yet: ${reasonOf(error)}. It waits in .kata/outbox for the next command.`;
  }

  /** Keeping is never the reason for which a run fails. */
  #quietly(work: () => void): void {
    try {
      work();
    } catch {
      // A file went away under it; the run itself has said so, if it matters.
    }
  }

  #noteVerdict(kata: Kata, verdict: Verdict, { answer, untouched }: { answer: string; untouched: boolean }): void {
    const { score, behaviours, seeds, durationMs, coverage, error } = verdict;
    this.note({
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
        coverage: coverage ? { lines: coverage.lines, branches: coverage.branches } : null,
        counts: this.#digests.kataCounts(kata),
        ...(error !== undefined && { error: error.slice(0, 300) }),
      },
    });
    this.#noteNotes(kata);
  }

  #noteNotes({ id, folder }: Kata): void {
    const file = join(folder, 'notes.md');
    const digest = this.#digests.short(file);
    if (digest === '' || this.#notes.get(id) === digest) return;
    this.#notes.set(id, digest);
    const words = readFileSync(file, 'utf8').split(/\s+/).filter(Boolean).length;
    this.note({ type: 'NoteNotes', kata: id, digest, words });
  }

  #noteReplay(
    group: Group,
    played: Pick<Extract<LearningCommand, { type: 'NoteReplay' }>, 'scene' | 'verdict' | 'seeds'>,
    damage: Assessment | null | undefined,
    recorded?: Assessment,
  ): void {
    const gate = this.#digests.ofGate(group);
    if (gate === null) return;
    // The gate's own damage is that of its last seed, not of the recorded morning: it can't be set beside that.
    const shown = played.scene === 'incident' ? figuresOf(damage) : null;
    const counts = this.#digests.gateCounts(group);
    this.note({
      type: 'NoteReplay',
      group: group.number,
      ...played,
      gate,
      damage: shown,
      recorded: figuresOf(recorded),
      counts,
    });
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

/** JSON has no infinity; what never happened is further off than anything that did. */
const finite = (value: number) => (Number.isFinite(value) ? value : Number.MAX_SAFE_INTEGER);
