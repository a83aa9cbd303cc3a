import { between } from '#kit/seeded.ts';
import type { EventLog, EventToAppend, LoggedEvent } from '../event-log.ts';
import type { CreateProjection, Projection, ProjectionPolicy, ProjectionPorts, Totals } from '../seams/projection.ts';
import { CheckpointedSlots } from './checked-stores.ts';
import { type Interfere, Mortal } from './mortal.ts';

export type Port = 'readAll' | 'load' | 'save' | 'drop' | 'active' | 'activate' | 'sendMail';

/** What was asked of a process, and what came of it. `endedAt` is absent while it is under way, or its process dead. */
export interface Call<T> {
  at: number;
  endedAt?: number;
  result?: T;
  failure?: Error & { code?: string };
}

/** One write of the store. `from` is the checkpoint that it was made on. */
export interface Save {
  process: string;
  at: number;
  slot: string;
  from: number;
  checkpoint: number;
}

export interface Mail {
  process: string;
  tenant: string;
  key: string;
  at: number;
}

export interface WorldOptions {
  seed: number;
  now: () => number;
  log: EventLog;
  /** How long the log takes for a page, in ms. */
  pageMs?: number;
}

/** The outside of all processes: the log, the store, the mail. */
export class ProjectionWorld {
  readonly mails: Mail[] = [];
  readonly saves: Save[] = [];
  readonly activations: { at: number; slot: string }[] = [];
  readonly slots = new CheckpointedSlots();
  /** Events that each process has read. */
  readonly read = new Map<string, number>();
  readonly appended: EventToAppend[] = [];
  active: string | undefined;
  /** The translation between the log and a process, which a deploy can break. */
  upcast: (event: LoggedEvent) => LoggedEvent = (event) => event;
  interfere: Interfere<Port> = () => undefined;
  mailed: (mail: Mail) => void = () => {};
  readonly seed: number;
  readonly now: () => number;
  readonly #log: EventLog;
  readonly #pageMs: number;

  constructor({ seed, now, log, pageMs = 20 }: WorldOptions) {
    this.seed = seed;
    this.now = now;
    this.#log = log;
    this.#pageMs = pageMs;
  }

  process(name: string, create: CreateProjection, policy: ProjectionPolicy): ProjectionProcess {
    return new ProjectionProcess(this, name, create, policy);
  }

  /** One after the other, each in its tenant's stream: streams grow at different rates. */
  async append(events: readonly EventToAppend[]): Promise<void> {
    for (const event of events) {
      await this.#log.append(`billing-${(event.data as { tenant?: string }).tenant ?? 'none'}`, [event]);
      this.appended.push(event);
    }
  }

  /** For each checkpoint that there may be, how many events it stands for. */
  async places(): Promise<(checkpoint: number) => number> {
    const positions = (await this.#log.readAll()).map(({ position }) => position);
    return (checkpoint) => positions.filter((position) => position <= checkpoint).length;
  }

  ports(process: Mortal<Port>): ProjectionPorts {
    const takes = <T>(port: Port, low: number, high: number, work: () => Promise<T> | T) =>
      process.call(port, between(this.seed, `${process.name} ${port} ${this.now()}`, low, high), work);
    const refused = () => Promise.reject(new Error('a projection appends nothing'));
    return {
      log: {
        append: refused,
        read: (stream, options) =>
          takes('readAll', this.#pageMs / 2, this.#pageMs, async () =>
            this.#given(process, await this.#log.read(stream, options)),
          ),
        readAll: (options) =>
          takes('readAll', this.#pageMs / 2, this.#pageMs, async () =>
            this.#given(process, await this.#log.readAll(options)),
          ),
      },
      store: this.#store(process, takes),
      sendMail: (tenant, key) =>
        takes('sendMail', 20, 60, () => {
          const mail = { process: process.name, tenant, key, at: this.now() };
          this.mails.push(mail);
          this.mailed(mail);
        }),
    };
  }

  #given({ name }: Mortal<Port>, events: LoggedEvent[]): LoggedEvent[] {
    this.read.set(name, (this.read.get(name) ?? 0) + events.length);
    return events.map((event) => this.upcast(event));
  }

  #store(
    process: Mortal<Port>,
    takes: <T>(port: Port, low: number, high: number, work: () => T) => Promise<T>,
  ): ProjectionPorts['store'] {
    const { slots } = this;
    return {
      load: (slot) => takes('load', 2, 8, () => slots.load(slot)),
      save: (slot, value, checkpoint, expected) => {
        const json = JSON.stringify(value);
        return takes('save', 3, 12, () => {
          slots.save(slot, json, checkpoint, expected);
          this.saves.push({ process: process.name, at: this.now(), slot, from: expected, checkpoint });
        });
      },
      drop: (slot) => takes('drop', 2, 6, () => slots.drop(slot)),
      active: () => takes('active', 1, 3, () => this.active),
      activate: (slot) =>
        takes('activate', 2, 6, () => {
          this.active = slot;
          this.activations.push({ at: this.now(), slot });
        }),
    };
  }
}

/** One process's projection. */
export class ProjectionProcess extends Mortal<Port> {
  readonly #now: () => number;
  readonly #projection: Projection;

  constructor(world: ProjectionWorld, name: string, create: CreateProjection, policy: ProjectionPolicy) {
    super(name, (moment) => world.interfere(moment));
    this.#now = world.now;
    this.#projection = create(world.ports(this), { ...policy });
  }

  catchUp = (): Call<void> => this.#note(() => this.#projection.catchUp());
  rebuild = (ended = (_: Call<void>) => {}): Call<void> => this.#note(() => this.#projection.rebuild(), ended);
  totals = (ended = (_: Call<Totals>) => {}): Call<Totals> =>
    this.#note(async () => structuredClone(await this.#projection.totals()), ended);

  #note<T>(ask: () => Promise<T>, ended = (_: Call<T>) => {}): Call<T> {
    const call: Call<T> = { at: this.#now() };
    const end = (how: Partial<Call<T>>) => {
      if (this.alive) ended(Object.assign(call, how, { endedAt: this.#now() }));
    };
    const run = async () => ask();
    run().then(
      (result) => end({ result }),
      (failure: Error) => end({ failure }),
    );
    return call;
  }
}
