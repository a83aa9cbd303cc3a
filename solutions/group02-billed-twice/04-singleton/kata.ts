import type { AnswerConfig, CreateSingletons, Lease, SingletonPorts } from '#answerdesk/seams/singletons.ts';

class SharedConfig {
  readonly #load: SingletonPorts['load'];
  readonly #emit: SingletonPorts['emit'];
  /** The configuration that serves, or the promise of the first one. */
  #serving: Promise<AnswerConfig> | undefined;
  #loads = 0;
  #newest = 0;

  constructor({ load, emit }: SingletonPorts) {
    this.#load = load;
    this.#emit = emit;
  }

  async get(): Promise<AnswerConfig> {
    this.#serving ??= this.#first();
    return { ...(await this.#serving) };
  }

  #first(): Promise<AnswerConfig> {
    const first = this.#fetch();
    // A failure is nobody's configuration: the next one who asks begins anew.
    first.catch(() => {
      if (this.#serving === first) this.#serving = undefined;
    });
    return first;
  }

  async reload(): Promise<AnswerConfig> {
    return { ...(await this.#fetch()) };
  }

  async #fetch(): Promise<AnswerConfig> {
    const nth = ++this.#loads;
    try {
      const loaded = await this.#load();
      // Of two that overlap the one that began later knows better, whichever comes back first.
      if (nth > this.#newest) {
        this.#newest = nth;
        this.#serving = Promise.resolve(loaded);
        this.#emit({ type: 'ConfigLoaded', data: { version: loaded.version } });
      }
      return loaded;
    } catch (error) {
      this.#emit({ type: 'ConfigLoadFailed', data: {} });
      throw error;
    }
  }

  reset(): void {
    this.#serving = undefined;
    // What is under way belongs to the time before.
    this.#newest = this.#loads;
  }
}

class Lock {
  readonly #expired: () => void;
  #token = 0;
  /** The token of whoever holds it. */
  #holder: number | undefined;
  #waiting: (() => void)[] = [];

  constructor(expired: () => void) {
    this.#expired = expired;
  }

  async run<T>(expiresMs: number, work: (lease: Lease) => Promise<T>): Promise<T> {
    while (this.#holder !== undefined) await new Promise<void>((free) => this.#waiting.push(free));
    const token = ++this.#token;
    this.#holder = token;
    const expiry = setTimeout(() => {
      this.#expired();
      this.#release(token);
    }, expiresMs);
    try {
      return await work({ token, held: () => this.#holder === token });
    } finally {
      clearTimeout(expiry);
      this.#release(token);
    }
  }

  /** By whoever held it last, nothing: it isn't theirs any more. */
  #release(token: number): void {
    if (this.#holder !== token) return;
    this.#holder = undefined;
    this.#waiting.shift()?.();
  }

  reset(): void {
    this.#holder = undefined;
    for (const free of this.#waiting.splice(0)) free();
  }
}

export const createSingletons: CreateSingletons = (ports) => {
  const shared = new SharedConfig(ports);
  const locks = new Map<string, Lock>();
  const lockOf = (name: string): Lock => {
    const lock = locks.get(name) ?? new Lock(() => ports.emit({ type: 'LockExpired', data: { lock: name } }));
    locks.set(name, lock);
    return lock;
  };

  return {
    config: () => shared.get(),
    reload: () => shared.reload(),
    withLock: (name, expiresMs, work) => lockOf(name).run(expiresMs, work),
    reset: () => {
      shared.reset();
      for (const lock of locks.values()) lock.reset();
    },
  };
};
