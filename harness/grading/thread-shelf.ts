import type { Worker } from 'node:worker_threads';

/** What an answer may have left in its thread (a patched global, a timer) is not handed on for ever. */
const MOST_USES = 12;

/**
 * Threads that came through a suite unharmed, kept for the next one: starting a thread costs as much as a short suite.
 * Modules are evaluated anew each time; globals and libraries aren't, so only authored answers are graded like this.
 */
export class ThreadShelf {
  #idle: Worker[] = [];
  readonly #uses = new WeakMap<Worker, number>();

  take(): Worker | undefined {
    return this.#idle.pop();
  }

  /** Keeps the thread, or ends it where it is worn out. */
  async put(thread: Worker): Promise<void> {
    const uses = (this.#uses.get(thread) ?? 0) + 1;
    if (uses >= MOST_USES) {
      await thread.terminate();
      return;
    }
    if (uses === 1) this.#guard(thread);
    this.#uses.set(thread, uses);
    this.#idle.push(thread);
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()));
  }

  /** A thread may end while it is idle; nobody else listens then. */
  #guard(thread: Worker): void {
    thread.on('error', () => {});
    thread.on('exit', () => {
      this.#idle = this.#idle.filter((shelved) => shelved !== thread);
    });
  }
}
