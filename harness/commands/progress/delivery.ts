import { randomUUID } from 'node:crypto';
import { Outbox } from '../../progress/outbox.ts';
import { nobody, type Standing } from '../../progress/standing.ts';
import { paragraph } from '../../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { isKept, keepAll, type Learning, lastKnownStanding, openLearning, outboxFolder, reasonOf } from './learning.ts';
import type { Said } from './sightings.ts';

/**
 * Takes what was seen to the disk at once and into the store when there is time for that. Whatever fails, the command
 * goes on, and one line says so.
 */
export class Delivery {
  readonly #root: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #run = randomUUID();
  readonly #outbox: Outbox;
  #learning: Promise<Learning> | undefined;
  #flushing: Promise<string | undefined> | undefined;
  #told = false;

  constructor(root: string, env: NodeJS.ProcessEnv) {
    this.#root = root;
    this.#env = env;
    this.#outbox = new Outbox(outboxFolder(root), this.#run.slice(0, 8));
  }

  note(said: Said): void {
    this.#outbox.put({ id: randomUUID(), at: new Date().toISOString(), run: this.#run, ...said });
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
  async tellOf({ print, screen }: Pick<Terminal, 'print' | 'screen'>, json: boolean): Promise<void> {
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
}
