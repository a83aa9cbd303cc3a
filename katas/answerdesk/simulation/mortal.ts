/** A port is being called ('before'), or has done its work and not yet said so ('after'). */
export interface Moment<Port extends string = string> {
  process: Mortal<Port>;
  port: Port;
  when: 'before' | 'after';
}
/** Looked at in each moment: may kill the process, hold it, or give the error with which the port rejects. */
export type Interfere<Port extends string = string> = (
  moment: Moment<Port>,
) => Promise<Error | undefined> | Error | undefined;

const never = new Promise<never>(() => {});
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A process that can be killed. From then on nothing that it does reaches the outside, and nothing answers it. */
export class Mortal<Port extends string = string> {
  readonly name: string;
  readonly #interfere: Interfere<Port>;
  #alive = true;

  constructor(name: string, interfere: Interfere<Port> = () => undefined) {
    this.name = name;
    this.#interfere = interfere;
  }

  get alive(): boolean {
    return this.#alive;
  }

  kill(): void {
    this.#alive = false;
  }

  /** Calls out: the work is done after `ms`, and known at once. */
  async call<T>(port: Port, ms: number, work: () => Promise<T> | T): Promise<T> {
    await this.#look(port, 'before');
    await wait(ms);
    if (!this.#alive) await never;
    try {
      const result = await work();
      await this.#look(port, 'after');
      return result;
    } finally {
      if (!this.#alive) await never;
    }
  }

  async #look(port: Port, when: Moment['when']): Promise<void> {
    const error = this.#alive ? await this.#interfere({ process: this, port, when }) : undefined;
    if (!this.#alive) await never;
    if (error) throw error;
  }
}
