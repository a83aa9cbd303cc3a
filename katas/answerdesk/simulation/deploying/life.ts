/** One process, from its start to its death. */
export class Life {
  #alive = true;
  #end: () => void = () => {};
  /** Resolves when the process dies. */
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  get alive(): boolean {
    return this.#alive;
  }

  kill(): void {
    this.#alive = false;
    this.#end();
  }

  /** The same port for this process alone: once it is dead, nothing it calls happens, and nothing comes back to it. */
  guard<Port extends object>(port: Port): Port {
    const guarded: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(port))
      guarded[name] = typeof member === 'function' ? this.#call(member) : member;
    return guarded as Port;
  }

  #call(call: (...args: unknown[]) => unknown) {
    return (...args: unknown[]): unknown => {
      if (!this.#alive) return never;
      const result = call(...args);
      if (!(result instanceof Promise)) return result;
      return new Promise((resolve, reject) => {
        result.then(
          (value) => this.#alive && resolve(value),
          (error: unknown) => this.#alive && reject(error as Error),
        );
      });
    };
  }
}

const never = new Promise<never>(() => {});
