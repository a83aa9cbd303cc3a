/** One thing that virtual time waits for. */
export interface TimeHold {
  /** Whether time may pass all the same, because it only waits for somebody else to go on. */
  letPass(passes: boolean): void;
  release(): void;
}

interface Entry {
  what: () => string;
  since: number;
  mostMs: number;
  passes: boolean;
}

/** What real things virtual time waits for, in one run. */
export class Held {
  readonly #entries = new Set<Entry>();
  readonly #now: () => number;
  readonly #waited: (ms: number) => void;
  #wake: (() => void)[] = [];
  #since: number | undefined;

  /** `waited` is told how long time had to wait, in ms. */
  constructor(now: () => number, waited: (ms: number) => void = () => {}) {
    this.#now = now;
    this.#waited = waited;
  }

  /** Whether time has to wait. */
  get holds(): boolean {
    for (const { passes } of this.#entries) if (!passes) return true;
    return false;
  }

  hold(what: () => string, mostMs: number): TimeHold {
    const entry: Entry = { what, since: this.#now(), mostMs, passes: false };
    this.#entries.add(entry);
    this.#since ??= this.#now();
    return {
      letPass: (passes) => {
        entry.passes = passes;
        this.#changed();
      },
      release: () => {
        this.#entries.delete(entry);
        this.#changed();
      },
    };
  }

  /** Resolves when time need not wait any more. */
  whenFree(): Promise<void> {
    return this.holds ? new Promise((resolve) => this.#wake.push(resolve)) : Promise.resolve();
  }

  /** What is under way, the longest first. */
  underWay(): string | undefined {
    const [longest] = this.#entries;
    return longest?.what();
  }

  /** What has held time for longer than it may, and for how many ms. */
  overdue(): { what: string; ms: number } | undefined {
    for (const { what, since, mostMs, passes } of this.#entries) {
      const ms = this.#now() - since;
      if (!passes && ms > mostMs) return { what: what(), ms };
    }
    return undefined;
  }

  /** For how long time has been waiting, of which nobody has been told yet. */
  waitingMs(): number {
    return this.#since === undefined ? 0 : this.#now() - this.#since;
  }

  /** The run is over: nobody waits any more. */
  end(): void {
    this.#entries.clear();
    this.#changed();
  }

  #changed(): void {
    if (this.holds) {
      this.#since ??= this.#now();
      return;
    }
    this.#waited(this.waitingMs());
    this.#since = undefined;
    for (const wake of this.#wake.splice(0)) wake();
  }
}
