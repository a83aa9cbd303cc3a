import { genesis, headOf, link } from './chain.ts';
import { milestonesOf } from './cohort.ts';
import { decideAll, enrol } from './decide.ts';
import { evolve } from './evolve.ts';
import type { LearningCommand } from './learning-commands.ts';
import { type ChainedEvent, type ChainHead, cohortStream, learnerStream } from './learning-events.ts';
import { type EventJson, isConflict, type LearningStore, readCohort, readLearner } from './learning-store.ts';
import { advance, type Checkpoint, fromZero, readCheckpoint, standingProjection } from './projection.ts';
import type { Standing } from './standing.ts';

export interface Learner {
  /** A UUID. */
  id: string;
  name: string | null;
  cohort: string;
}

/** Where a checkpoint is kept; it may be lost at any time. */
export interface CheckpointPlace {
  read(): string | undefined;
  write(text: string): void;
}

const TRIES = 20;

/** One learner's stream: where they stand, and the way in for what they did. */
export class Journal {
  readonly #store: LearningStore;
  readonly #learner: Learner;
  readonly #place: CheckpointPlace;
  readonly #stream: string;
  #checkpoint: Checkpoint<Standing>;
  /** Of the stream's newest event; null before there is one. */
  #revision: number | null;
  /** One append at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    store: LearningStore,
    learner: Learner,
    place: CheckpointPlace,
    at: { checkpoint: Checkpoint<Standing>; revision: number | null },
  ) {
    this.#store = store;
    this.#learner = learner;
    this.#place = place;
    this.#stream = learnerStream(learner.id);
    this.#checkpoint = at.checkpoint;
    this.#revision = at.revision;
  }

  /** Reads what follows the checkpoint; from the beginning where that isn't of this stream. */
  static async open(store: LearningStore, learner: Learner, place: CheckpointPlace): Promise<Journal> {
    const stream = learnerStream(learner.id);
    const zero = fromZero(standingProjection, genesis(stream));
    const kept = readCheckpoint(standingProjection, place.read() ?? '');
    const resumed = kept && kept.head.n > 0 && (await resume(store, stream, kept));
    if (resumed) {
      const journal = new Journal(store, learner, place, { checkpoint: kept, revision: kept.head.n - 1 });
      await journal.#take(resumed.events, resumed.revision);
      return journal;
    }
    const journal = new Journal(store, learner, place, { checkpoint: zero, revision: null });
    const { events, revision } = await readLearner(store, stream);
    await journal.#take(events, revision, true);
    return journal;
  }

  get standing(): Standing {
    return this.#checkpoint.state;
  }

  /** Of the chain as it is stored, whether it is intact or not. */
  get head(): ChainHead {
    return this.#checkpoint.head;
  }

  /**
   * Keeps what comes of these commands, in one append; of those that are kept already nothing comes. Where another
   * terminal was faster, it is decided again on what that one left. Returns the number of events.
   */
  keep(commands: readonly LearningCommand[]): Promise<number> {
    const kept = this.#last.then(() => this.#keep(commands));
    this.#last = kept.catch(() => {});
    return kept;
  }

  async #keep(commands: readonly LearningCommand[]): Promise<number> {
    for (let tries = 1; ; tries++) {
      const drafts = this.#decide(commands);
      if (drafts.length === 0) return 0;
      const events = link(drafts, this.head);
      try {
        const stored = events.map((event) => event as unknown as Parameters<LearningStore['append']>[1][number]);
        const { revision } = await this.#store.append(this.#stream, stored, this.#revision ?? 'no_stream');
        await this.#take(events, revision);
        return events.length;
      } catch (error) {
        if (!isConflict(error) || tries === TRIES) throw error;
        const { events: others, revision } = await readLearner(this.#store, this.#stream, (this.#revision ?? -1) + 1);
        await this.#take(others, revision ?? this.#revision);
      }
    }
  }

  /** The whole history, for those who verify it. */
  async history(): Promise<ChainedEvent[]> {
    return (await readLearner(this.#store, this.#stream)).events;
  }

  #decide(commands: readonly LearningCommand[]) {
    const [first] = commands;
    if (!first) return [];
    if (this.standing.enrolledAt !== null) return decideAll(this.standing, commands);
    const enrolled = enrol(this.#learner, first);
    return [enrolled, ...decideAll(evolve(this.standing, enrolled), commands)];
  }

  /**
   * Takes events into the standing and tells the cohort of milestones. The checkpoint is written after that, so that
   * what a crash kept from the cohort is told the next time; the ids see to it that it is told once.
   */
  async #take(events: readonly ChainedEvent[], revision: number | null, anew = false): Promise<void> {
    if (events.length === 0) return;
    this.#checkpoint = advance(standingProjection, this.#checkpoint, events);
    this.#revision = revision;
    const stream = cohortStream(this.#learner.cohort);
    const told = anew ? new Set((await readCohort(this.#store, stream)).map(({ id }) => id)) : new Set<string>();
    const milestones = milestonesOf(this.#learner, events).filter(({ id }) => !told.has(id));
    for (const milestone of milestones) {
      const { id, type, data, metadata } = milestone;
      await this.#store.append(stream, [{ id, type, data: data as unknown as EventJson, metadata }], 'any');
    }
    this.#place.write(JSON.stringify(this.#checkpoint));
  }
}

/** What follows a checkpoint, or undefined where its last event isn't this stream's. */
async function resume(store: LearningStore, stream: string, { head }: Checkpoint<Standing>) {
  const { events, revision } = await readLearner(store, stream, head.n - 1);
  const [last, ...after] = events;
  return last && headOf([last], head).hash === head.hash ? { events: after, revision } : undefined;
}
