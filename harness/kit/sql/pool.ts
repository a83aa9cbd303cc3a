import { holdTime } from '../virtual-time.ts';
import { type BackEnd, send } from './back-end.ts';
import { giveBack, takeBackEnd, terminate } from './this-thread.ts';
import { locksMayBeFree } from './under-way.ts';

export type Use = 'statement' | 'session';

/**
 * Twenty back ends, in two shares: a transaction whose code asks the port for a single statement gets one, however many
 * transactions there are. A single share would let twenty of them wait for one another for ever.
 */
const SHARE: Record<Use, number> = { statement: 8, session: 12 };

/** For what was asked of a process that is no more. */
export const never = (): Promise<never> => new Promise(() => {});

/** The back ends of one connection, opened as they are needed. */
export class Pool {
  readonly #who: string;
  readonly #prepare: () => Promise<string>;
  readonly #mine = new Set<BackEnd>();
  readonly #free: BackEnd[] = [];
  readonly #opening = new Set<Promise<unknown>>();
  readonly #taken: Record<Use, number> = { statement: 0, session: 0 };
  readonly #waiting: Record<Use, (() => void)[]> = { statement: [], session: [] };
  #closed = false;

  /** `prepare` resolves to the statement that a back end begins with. */
  constructor(who: string, prepare: () => Promise<string>) {
    this.#who = who;
    this.#prepare = prepare;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Waits for its turn; never resolves once the pool is closed. */
  async acquire(use: Use): Promise<BackEnd> {
    if (this.#taken[use] < SHARE[use]) this.#taken[use]++;
    else await new Promise<void>((go) => this.#waiting[use].push(go));
    if (this.#closed) return never();
    for (let free = this.#free.pop(); free; free = this.#free.pop()) if (!free.gone) return free;
    const opening = this.#open();
    this.#opening.add(opening);
    try {
      const backEnd = await opening;
      return this.#closed ? never() : backEnd;
    } catch (error) {
      this.#next(use);
      throw error;
    } finally {
      this.#opening.delete(opening);
    }
  }

  release(backEnd: BackEnd, use: Use): void {
    if (!backEnd.gone) this.#free.push(backEnd);
    this.#next(use);
  }

  /** As when the process is killed: all ends, and when this resolves its locks are free. */
  async kill(): Promise<void> {
    this.#closed = true;
    const hold = holdTime(() => `ending ${this.#who}`);
    try {
      await Promise.allSettled(this.#opening);
      await terminate([...this.#mine]);
      locksMayBeFree();
    } finally {
      hold.release();
    }
  }

  /** Ends what is busy, and leaves the rest to others. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#opening);
    const free = new Set(this.#free);
    const all = [...this.#mine].filter(({ gone }) => !gone);
    await terminate(all.filter((backEnd) => !free.has(backEnd)));
    await Promise.all(all.filter((backEnd) => free.has(backEnd)).map(giveBack));
    this.#mine.clear();
  }

  async #open(): Promise<BackEnd> {
    const hold = holdTime(() => `${this.#who}: opening a connection`);
    try {
      const first = await this.#prepare();
      const backEnd = await takeBackEnd();
      this.#mine.add(backEnd);
      await send(backEnd, first);
      return backEnd;
    } finally {
      hold.release();
    }
  }

  #next(use: Use): void {
    const next = this.#waiting[use].shift();
    if (next) next();
    else this.#taken[use]--;
  }
}
