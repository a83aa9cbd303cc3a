import type {
  Command,
  CommandBus,
  CommandEntry,
  CommandEvent,
  CommandHandler,
  CreateCommandBus,
} from '../seams/command.ts';
import { type Books, KINDS, type Kind } from './correction-kinds.ts';

/** One call of a handler. `to` is absent while it is under way, and for ever when its process died. */
export interface Take {
  what: 'execute' | 'undo';
  name: string;
  version: number;
  id: string;
  payload: unknown;
  /** What the undo was given as the result of the execution. */
  given?: unknown;
  process: DeskProcess;
  from: number;
  to?: number;
  result?: unknown;
  failed?: true;
}

/** A call of the bus, and what came of it. Nothing comes of it any more when its process has died. */
export interface Call<T = unknown> {
  at: number;
  endedAt?: number;
  value?: T;
  failure?: Error & { code?: string };
  /** Resolves when it has ended. */
  settled: Promise<void>;
}

/** What waits in the queue: in memory where it was put, as JSON for everybody else. */
export interface Queued {
  item: unknown;
  json: string | undefined;
  by: DeskProcess;
}

/** A process that lives this much longer (ms) than a handler has had time to write down that it was done. */
export const TIME_TO_WRITE_MS = 250;

const asJson = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
const never = new Promise<never>(() => {});
const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The outside of all processes: books, queue, journal, and who did what. */
export class CorrectionsWorld {
  books: Books = { credits: {}, quotas: {}, hidden: [], mails: [] };
  readonly takes: Take[] = [];
  /** The journal, and the same as it is kept. */
  readonly entries: CommandEntry[] = [];
  readonly kept: string[] = [];
  readonly events: CommandEvent[] = [];
  readonly calls = { reads: 0, appends: 0 };
  readonly queue: Queued[] = [];
  /** What its next tries end in; by `execute <id>` or `undo <id>`. */
  readonly failures = new Map<string, Error[]>();
  /** What the queue answers with while it takes nothing in. */
  queueDown: Error | undefined;
  /** Called when a handler is half-way, before it takes effect. */
  halfWay: (take: Take) => void = () => {};
  /** Called when it has taken effect, before its caller knows. */
  tookEffect: (take: Take) => void = () => {};
  readonly now: () => number;
  readonly latency: { readMs: number; appendMs: number; effectMs: (id: string) => number };

  constructor(now: () => number, latency: CorrectionsWorld['latency']) {
    this.now = now;
    this.latency = latency;
  }

  /** Executions and undos that took effect, of one command or of all. */
  done(what: Take['what'], id?: string): Take[] {
    return this.takes.filter((take) => take.what === what && (id ?? take.id) === take.id && ended(take));
  }

  /**
   * How often a command stands: executions less undos. What took effect in a process that then had no time to write it
   * down may be done again, so there is a least and a most.
   */
  standing(id: string): { least: number; most: number } {
    const executed = this.done('execute', id);
    const undone = this.done('undo', id).length;
    const sure = executed.filter(({ to = 0, process }) => to + TIME_TO_WRITE_MS <= process.diedAt).length;
    return { least: sure - undone, most: executed.length - undone };
  }

  /** The item as a process gets it that takes it out of the queue. */
  handOver({ item, json, by }: Queued, to: DeskProcess): unknown {
    return by === to ? item : JSON.parse(json ?? 'null');
  }
}

const ended = ({ to, failed }: Take) => to !== undefined && !failed;

/** A process of Answerdesk with a bus of its own. Once it is killed nothing that it does reaches the outside. */
export class DeskProcess {
  diedAt = Infinity;
  readonly #world: CorrectionsWorld;
  readonly #bus: CommandBus;

  constructor(world: CorrectionsWorld, createCommandBus: CreateCommandBus, kinds: readonly Kind[] = KINDS) {
    this.#world = world;
    const { calls, entries, events, kept, latency, queue } = world;
    const read = this.#reach(async () => {
      calls.reads++;
      await after(latency.readMs);
      return JSON.parse(`[${kept.join()}]`) as CommandEntry[];
    });
    const append = this.#reach(async (entry: CommandEntry) => {
      calls.appends++;
      const text = JSON.stringify(entry);
      await after(latency.appendMs);
      kept.push(text);
      entries.push(JSON.parse(text) as CommandEntry);
    });
    const enqueue = this.#reach(async (item: unknown) => {
      const json = JSON.stringify(item);
      await after(latency.appendMs);
      if (world.queueDown) throw world.queueDown;
      queue.push({ item, json, by: this });
    });
    const emit = (event: CommandEvent) => {
      if (this.#alive) events.push(asJson(event));
    };
    const handlers = kinds.map((kind) => this.#handler(kind));
    this.#bus = createCommandBus({ enqueue, journal: { read, append }, emit }, handlers);
  }

  kill(): void {
    this.diedAt = Math.min(this.diedAt, this.#world.now());
  }

  /** The command as it is: what its sender does to it later is the sender's business. */
  submit = (command: Command): Call => this.#call(() => this.#bus.submit(command));
  submitAll = (id: string, commands: readonly Command[]): Call => this.#call(() => this.#bus.submitAll(id, commands));
  work = (item: unknown): Call => this.#call(() => this.#bus.work(item));
  undo = (id: string): Call => this.#call(() => this.#bus.undo(id));

  /** Takes an entry out of the queue and does it. */
  takeOut = (queued: Queued): Call => this.work(this.#world.handOver(queued, this));

  #call<T>(run: () => Promise<T>): Call<T> {
    const call: Call<T> = { at: this.#world.now(), settled: never };
    const end = async (how: Partial<Call<T>>) => {
      if (!this.#alive) await never;
      Object.assign(call, how, { endedAt: this.#world.now() });
    };
    call.settled = (async () => run())().then(
      (value) => end({ value: asJson(value) }),
      (failure: Error) => end({ failure }),
    );
    return call;
  }

  #handler({ name, version, execute, undo, readOnly }: Kind): CommandHandler {
    const take = async (one: Pick<Take, 'what' | 'id' | 'payload' | 'given'>, effect: () => unknown) => {
      const { latency, takes, now, halfWay, tookEffect, failures } = this.#world;
      const made: Take = { ...one, name, version, process: this, from: now() };
      takes.push(made);
      const ms = latency.effectMs(one.id);
      await after(ms / 2);
      halfWay(made);
      if (!this.#alive) await never;
      await after(ms / 2);
      if (!this.#alive) await never;
      const failure = failures.get(`${one.what} ${one.id}`)?.shift();
      made.to = now();
      if (failure) {
        made.failed = true;
        throw failure;
      }
      made.result = asJson(effect());
      tookEffect(made);
      return asJson(made.result);
    };
    return {
      name,
      version,
      ...(readOnly && { readOnly }),
      execute: this.#reach(async (payload: unknown, id: string) => {
        const copy = asJson(payload);
        return take({ what: 'execute', id, payload: copy }, () => execute(this.#world.books, copy as never));
      }),
      ...(undo && {
        undo: this.#reach(async (payload: unknown, given: unknown, id: string) => {
          const copy = asJson(payload);
          const effect = () => void undo(this.#world.books, copy as never, given as never);
          await take({ what: 'undo', id, payload: copy, given: asJson(given) }, effect);
        }),
      }),
    };
  }

  get #alive(): boolean {
    return this.diedAt === Infinity;
  }

  #reach<A extends unknown[], R>(port: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      if (!this.#alive) return never;
      try {
        return await port(...args);
      } finally {
        if (!this.#alive) await never;
      }
    };
  }
}
