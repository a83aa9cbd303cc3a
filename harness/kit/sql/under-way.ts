import type { TimeHold } from '../held-time.ts';
import { holdTime, realTime } from '../virtual-time.ts';
import type { BackEnd } from './back-end.ts';
import { keep } from './this-thread.ts';

// Virtual time waits for statements that are under way, but not for those that wait for a lock: whoever holds it may be
// waiting for time to pass. So while nothing is heard of any statement, the database is asked who waits for whom.

interface Statement {
  pid: number;
  hold: TimeHold;
  waits: boolean;
}

const underWay = new Set<Statement>();
/** How often a statement began or ended. */
let changes = 0;
let looking: NodeJS.Timeout | undefined;

const FIRST_LOOK_MS = 5;
const SLOWEST_LOOK_MS = 80;

/** To be called when a statement is sent; returns what is to be called when it has come back. */
export function begin({ pid }: BackEnd, who: string, text: string): () => void {
  const statement: Statement = {
    pid,
    hold: holdTime(() => `${who}${statement.waits ? ' waits for a lock' : ''}: ${excerpt(text)}`),
    waits: false,
  };
  underWay.add(statement);
  changes++;
  lookAfter(FIRST_LOOK_MS);
  return () => {
    underWay.delete(statement);
    locksMayBeFree();
    statement.hold.release();
  };
}

/** To be called when somebody may have let a lock go: time waits again for those who waited for it. */
export function locksMayBeFree(): void {
  changes++;
  for (const statement of underWay) {
    statement.waits = false;
    statement.hold.letPass(false);
  }
  lookAfter(FIRST_LOOK_MS);
}

export const excerpt = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
};

function lookAfter(ms: number): void {
  if (looking !== undefined || underWay.size === 0) return;
  const seen = changes;
  looking = realTime.setTimeout(() => void look(seen, ms), ms);
}

async function look(seen: number, ms: number): Promise<void> {
  let settled = false;
  if (seen === changes && underWay.size > 0) {
    try {
      const blockers = await whoWaits([...underWay].map(({ pid }) => pid));
      settled = seen === changes && allWaitForOthers(blockers);
    } catch {
      // The server has gone; the statements themselves say so.
    }
    if (settled) {
      for (const statement of underWay) {
        statement.waits = true;
        statement.hold.letPass(true);
      }
    }
  }
  looking = undefined;
  if (!settled) lookAfter(seen === changes ? Math.min(ms * 2, SLOWEST_LOOK_MS) : FIRST_LOOK_MS);
}

type Blockers = ReadonlyMap<number, readonly number[]>;

async function whoWaits(pids: number[]): Promise<Blockers> {
  const { rows } = await keep('SELECT pid, pg_blocking_pids(pid) AS by FROM unnest($1::int[]) pid', [pids]);
  return new Map((rows as { pid: number; by: number[] }[]).map(({ pid, by }) => [pid, by]));
}

/** Whether each of them waits in the end for a back end that is not among them; those in a circle will hear of it. */
export function allWaitForOthers(blockers: Blockers): boolean {
  const endsOutside = (pid: number, path: readonly number[]): boolean => {
    const by = blockers.get(pid);
    if (by === undefined) return true;
    return by.length > 0 && by.every((next) => !path.includes(next) && endsOutside(next, [...path, pid]));
  };
  return [...blockers.keys()].every((pid) => endsOutside(pid, [pid]));
}
