import type { Database } from '#kit/sql/database.ts';
import { must } from '#kit/suite.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';
import type { CreateRecords, RecordRefused, Records } from '../seams/records.ts';

export type Outcome<T> = { value: T } | { error: Partial<RecordRefused> & Error };
export const outcome = <T>(work: Promise<T>): Promise<Outcome<T>> =>
  work.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  );
export const isRefusal = (result: Outcome<unknown>, code: string): boolean =>
  'error' in result && result.error.code === code;

/** Where a writer stands still until it is released. */
export interface Halt {
  readonly reached: boolean;
  release: () => void;
}
/** A process that writes records, and can be made to stand still between two of its statements. */
export interface Writer {
  records: Records;
  /** Before its nth statement from now. */
  haltAt: (n: number) => Halt;
  haltAtCommit: () => Halt;
  kill: () => Promise<void>;
}

export function writerOn(db: Database, name: string, create: CreateRecords): Writer {
  let stop: ((text: string) => Promise<void> | undefined) | undefined;
  const connection = db.connect({ name, before: ({ text }) => stop?.(text) });
  function halt(here: (text: string) => boolean): Halt {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const state = { reached: false, release };
    stop = (text) => {
      if (state.reached || !here(text)) return undefined;
      state.reached = true;
      return released;
    };
    return state;
  }
  return {
    records: create({ sql: connection.sql }),
    haltAt: (n) => {
      let left = n;
      return halt(() => --left === 0);
    },
    haltAtCommit: () => halt((text) => /^\s*(commit|end)\b/i.test(text)),
    kill: () => connection.kill(),
  };
}

interface Meeting {
  first: () => Promise<unknown>;
  second: () => Promise<unknown>;
  judge: (outcomes: Outcome<never>[]) => Promise<void>;
}
const MOST_STATEMENTS = 20;

/**
 * Lets two writers meet in every way in which the second does all its work between two statements of the first, or as
 * much of it as it can until it waits for the first. `prepare` makes what they meet over, anew for each way. Resolves to
 * how many statements the first had.
 */
export async function explore(
  clock: VirtualClock,
  writers: [Writer, Writer],
  prepare: (halt: number, writers: [Writer, Writer]) => Promise<Meeting>,
): Promise<number> {
  let n = 2;
  for (let more = true; more && n < MOST_STATEMENTS; n++) {
    const { first, second, judge } = await prepare(n, writers);
    const halt = writers[0].haltAt(n);
    const outcomes: Outcome<never>[] = [];
    void outcome(first()).then((result) => (outcomes[0] = result as Outcome<never>));
    await clock.settle();
    more = halt.reached;
    void outcome(second()).then((result) => (outcomes[1] = result as Outcome<never>));
    await clock.settle();
    halt.release();
    await clock.advance(10_000);
    must(outcomes[0] !== undefined && outcomes[1] !== undefined, 'two writers met, and one of them waited for ever');
    await judge(outcomes);
  }
  return n - 2;
}

/** All at once. */
export async function together<T>(clock: VirtualClock, deeds: readonly (() => Promise<T>)[]): Promise<Outcome<T>[]> {
  const outcomes = Promise.all(deeds.map((deed) => outcome(deed())));
  await clock.advance(10_000);
  return outcomes;
}
