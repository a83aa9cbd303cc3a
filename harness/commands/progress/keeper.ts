import type { Catalogue, Kata } from '../../catalogue/catalogue.ts';
import type { Standing } from '../../progress/standing.ts';
import type { Progress } from '../run/group-run.ts';
import type { GroupPlan } from '../run/plan.ts';
import type { Terminal } from '../terminal.ts';
import { Delivery } from './delivery.ts';
import { isKept } from './learning.ts';
import { type Said, Sightings } from './sightings.ts';

/**
 * Keeps what a command sees its learner do. It is put on the disk at once and goes into the store when there is time
 * for that; whatever fails, the command goes on, and one line says so.
 */
export class Keeper {
  readonly #env: NodeJS.ProcessEnv;
  readonly #seen: Sightings;
  readonly #delivery: Delivery;

  constructor(catalogue: Catalogue, env: NodeJS.ProcessEnv = process.env) {
    this.#env = env;
    this.#seen = new Sightings(catalogue);
    this.#delivery = new Delivery(catalogue.root, env);
  }

  /** What `show` shows of these katas and their incident is kept, after it was shown. Call it before they are graded. */
  keeping({ group }: GroupPlan, katas: readonly Kata[], seed: number | null, show: Progress): Progress {
    if (!isKept(this.#env)) return show;
    const answers = new Map(katas.map((kata) => [kata.id, this.#seen.answer(kata)]));
    return {
      kata: (kata, verdict) => {
        show.kata?.(kata, verdict);
        const answered = answers.get(kata.id);
        if (answered) this.#quietly(() => [this.#seen.verdict(kata, verdict, answered)]);
        if (answered) this.#quietly(() => this.#seen.notes(kata));
      },
      measured: (kata, coverage) => {
        show.measured?.(kata, coverage);
        const answered = answers.get(kata.id);
        if (answered) this.#quietly(() => this.#seen.coverage(kata, coverage, answered));
      },
      incident: (replayed) => {
        const shown = show.incident?.(replayed);
        if (seed === null) this.#quietly(() => this.#seen.incident(group, replayed));
        return shown;
      },
      gate: (verdict) => {
        show.gate?.(verdict);
        this.#quietly(() => this.#seen.gate(group, verdict));
      },
    };
  }

  note(said: Said): void {
    if (isKept(this.#env)) this.#delivery.note(said);
  }

  /** As `Delivery.flush`. */
  flush(): Promise<string | undefined> {
    return this.#delivery.flush();
  }

  /** As `Delivery.tellOf`. */
  tellOf(terminal: Pick<Terminal, 'print' | 'screen'>, json = false): Promise<void> {
    return this.#delivery.tellOf(terminal, json);
  }

  standing(): Promise<Standing> {
    return this.#delivery.standing();
  }

  close(): Promise<void> {
    return this.#delivery.close();
  }

  /** Keeping is never the reason for which a run fails. */
  #quietly(see: () => Said[]): void {
    try {
      for (const said of see()) this.#delivery.note(said);
    } catch {
      // A file went away under it; the run itself has said so, if it matters.
    }
  }
}
