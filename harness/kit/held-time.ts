/** One thing that virtual time waits for. */
export interface TimeHold {
  /** Whether time may pass all the same, because it only waits for somebody else to go on. */
  letPass(passes: boolean): void;
  release(): void;
}

interface Entry {
  what: () => string;
  since: number;
  passes: boolean;
}

/** What real things virtual time waits for, in one run. */
export class Held {
  readonly #entries = new Set<Entry>();
  readonly #now: () => number;
  #wake: (() => void)[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether time has to wait. */
  get holds(): boolean {
    for (const { passes } of this.#entries) if (!passes) return true;
    return false;
  }

  hold(what: () => string): TimeHold {
    const entry: Entry = { what, since: this.#now(), passes: false };
    this.#entries.add(entry);
    return {
      letPass: (passes) => {
        entry.passes = passes;
        this.#wakeIfFree();
      },
      release: () => {
        this.#entries.delete(entry);
        this.#wakeIfFree();
      },
    };
  }

  /** Resolves when time need not wait any more. */
  whenFree(): Promise<void> {
    return this.holds ? new Promise((resolve) => this.#wake.push(resolve)) : Promise.resolve();
  }

  /** What is under way and for how many ms, the longest first. */
  underWay(): { what: string; ms: number }[] {
    return [...this.#entries].map(({ what, since }) => ({ what: what(), ms: this.#now() - since }));
  }

  #wakeIfFree(): void {
    if (this.#wake.length === 0 || this.holds) return;
    for (const wake of this.#wake.splice(0)) wake();
  }
}
