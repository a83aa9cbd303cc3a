import { type Connection, type ConnectionOptions, type Database, openDatabase } from '#kit/sql/database.ts';
import { RuleBroken } from '#kit/suite.ts';
import type { Claim, CreateJobQueue, JobQueue, JobQueueEvent, JobQueuePolicy, QueuedJob } from '../seams/job-queue.ts';

/** The database's clock can be moved against those of the processes: each of its functions is taken over. */
const MOVABLE_CLOCK = [
  'CREATE TABLE scene_clock (ahead interval NOT NULL)',
  ...['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp'].flatMap((name) => [
    `ALTER FUNCTION ${name}() RENAME TO scene_${name}`,
    `CREATE FUNCTION ${name}() RETURNS timestamptz LANGUAGE sql STABLE AS $moved$
       SELECT scene_${name}() + coalesce((SELECT ahead FROM scene_clock), interval '0') $moved$`,
  ]),
].join(';\n');

export type Hooks = Omit<ConnectionOptions, 'name'>;

/** A process with a job queue. Once it is killed nothing answers it, and nobody hears from it. */
export interface QueueProcess {
  name: string;
  queue: JobQueue;
  alive: () => boolean;
  /** Resolves when its locks are free. */
  kill: () => Promise<void>;
}

const copy = <T>(value: T): T => structuredClone(value);
const never = new Promise<never>(() => {});

/** One database with the answer's schema on it, and any number of processes. */
export class QueueWorld {
  readonly events: JobQueueEvent[] = [];
  readonly db: Database;
  readonly #policy: JobQueuePolicy;
  #desk: Connection | undefined;

  constructor(schema: string, policy: JobQueuePolicy) {
    this.db = openDatabase({ schema: `${MOVABLE_CLOCK};\n${schema}` });
    this.#policy = policy;
  }

  process(name: string, createJobQueue: CreateJobQueue, hooks: Hooks = {}): QueueProcess {
    const connection = this.db.connect({ name, ...hooks });
    let alive = true;
    const queue = this.#queue(createJobQueue, connection, () => alive);
    const kill = () => {
      alive = false;
      return connection.kill();
    };
    return { name, queue, alive: () => alive, kill };
  }

  /** What a process says that has just begun and knows only what is in the database. */
  status(id: string, createJobQueue: CreateJobQueue): Promise<QueuedJob | undefined> {
    return this.#justBegun(createJobQueue).status(id);
  }
  dead(createJobQueue: CreateJobQueue): Promise<string[]> {
    return this.#justBegun(createJobQueue).dead();
  }

  /** From now on the database's clock is this much ahead (ms) of those of the processes. */
  async moveClock(ahead: number): Promise<void> {
    await this.db.query('DELETE FROM scene_clock');
    await this.db.query('INSERT INTO scene_clock VALUES ($1::interval)', [`${ahead} milliseconds`]);
  }

  #justBegun(createJobQueue: CreateJobQueue): JobQueue {
    this.#desk ??= this.db.connect({ name: 'desk' });
    return this.#queue(createJobQueue, this.#desk, () => true);
  }

  /** What goes in and what comes out are copies. */
  #queue(createJobQueue: CreateJobQueue, { sql }: Connection, alive: () => boolean): JobQueue {
    const emit = (event: JobQueueEvent) => {
      if (alive()) this.events.push(copy(event));
    };
    const queue = createJobQueue({ sql, emit }, { ...this.#policy });
    const reach = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
      if (!alive()) return never;
      try {
        return copy(await ask());
      } catch (error) {
        throw new RuleBroken(`${what} failed: ${(error as Error).message}`, null);
      } finally {
        if (!alive()) await never;
      }
    };
    return {
      enqueue: (job) => reach('enqueue', () => queue.enqueue(copy(job))),
      claim: (worker) => reach('claim', () => queue.claim(worker)),
      heartbeat: (claim: Claim) => reach('heartbeat', () => queue.heartbeat(copy(claim))),
      complete: (claim: Claim, result) => reach('complete', () => queue.complete(copy(claim), copy(result))),
      fail: (claim: Claim, reason) => reach('fail', () => queue.fail(copy(claim), reason)),
      status: (id) => reach('status', () => queue.status(id)),
      dead: () => reach('dead', () => queue.dead()),
    };
  }
}
