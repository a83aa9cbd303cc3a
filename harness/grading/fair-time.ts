import type { EventLoopUtilization } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';

/** Workers that are timed now; they share what the machine gives to this process. */
const timed = new Set<FairTime>();

/** A starved worker still gets this share of each second: a wait that isn't idle ends too. */
const LEAST_SHARE = 0.1;

/**
 * Time that a worker had. On a busy machine a second of the clock gives it much less than a second of work: while it
 * works it is charged for what the process really got, and while it waits for the clock.
 */
export class FairTime {
  readonly #thread: Worker;
  #at = performance.now();
  #cpu = process.cpuUsage();
  #loop: EventLoopUtilization;

  constructor(thread: Worker) {
    this.#thread = thread;
    this.#loop = thread.performance.eventLoopUtilization();
    timed.add(this);
  }

  /** Milliseconds since the last call. `mostMs` bounds what a busy main thread, which calls late, can charge. */
  sinceLast(mostMs = 500): number {
    const [at, cpu, loop] = [performance.now(), process.cpuUsage(), this.#thread.performance.eventLoopUtilization()];
    const elapsed = at - this.#at;
    const worked = loop.active - this.#loop.active;
    const got = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1000 / Math.max(1, timed.size);
    [this.#at, this.#cpu, this.#loop] = [at, cpu, loop];
    const charged = worked < elapsed * 0.3 ? elapsed : Math.min(elapsed, Math.max(elapsed * LEAST_SHARE, got));
    return Math.min(mostMs, charged);
  }

  end(): void {
    timed.delete(this);
  }
}
