import type { Worker } from 'node:worker_threads';

/** One thread, started while nobody waits, so that the next suite needn't wait for it. */
export class SpareThread {
  #thread: Worker | undefined;
  #make: (() => Worker) | undefined;

  /** The spare one, where there is one; `make` is how the next is started. */
  take(make: () => Worker): Worker | undefined {
    this.#make = make;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.removeAllListeners();
    thread?.ref();
    return thread;
  }

  /** Starts one, unless there is one or none was ever needed. */
  prepare(): void {
    if (this.#thread || !this.#make) return;
    const thread = this.#make();
    this.#thread = thread;
    const lost = () => {
      if (this.#thread === thread) this.#thread = undefined;
    };
    thread.on('error', lost);
    thread.on('exit', lost);
    thread.unref();
  }

  async close(): Promise<void> {
    this.#make = undefined;
    await this.#thread?.terminate();
  }
}
