import { createRequire, syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import FakeTimers from '@sinonjs/fake-timers';
import { SCENE_START } from './events.ts';
import { Held, type TimeHold } from './held-time.ts';
import { sequence } from './seeded.ts';

/**
 * Virtual time. The globals are replaced once, by functions that look up the running clock when they are called, so
 * that code which captured `setTimeout` when it was imported is virtual too. Load this before nock and before any kata.
 */

const require = createRequire(import.meta.url);
const nodeTimers = require('node:timers') as Record<string, unknown>;
const nodeTimersPromises = require('node:timers/promises') as Record<string, unknown>;
const nodeCrypto = require('node:crypto') as { randomUUID: () => string };

const real = {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
  Date,
  now: performance.now.bind(performance),
  random: Math.random,
  randomUUID: nodeCrypto.randomUUID,
};

type FakeClock = ReturnType<typeof FakeTimers.createClock>;
interface Running {
  clock: FakeClock;
  startedAt: number;
  random: () => number;
  held: Held;
}
let running: Running | undefined;

/** For what takes real time. */
export const realTime = {
  now: real.now,
  setTimeout: (run: () => void, ms: number): NodeJS.Timeout => real.setTimeout(run, ms),
  clearTimeout: (timer: NodeJS.Timeout | undefined): void => real.clearTimeout(timer),
};

/**
 * Virtual time does not pass until the hold is released: for what is real and takes real time (a statement on its way
 * to the database). Outside of a run it means nothing. `what` says what is under way, where a run is stuck on it; that it
 * is after `mostMs` of real time.
 */
export function holdTime(what: () => string, mostMs = MOST_HELD_MS): TimeHold {
  return running?.held.hold(what, mostMs) ?? { letPass() {}, release() {} };
}

/** How long this thread has waited for servers, in ms; where it is graded, its heart tells (grading/heartbeat.ts). */
let waitedMs = 0;
Object.assign(globalThis, { [Symbol.for('kata-waited-ms')]: () => waitedMs + (running?.held.waitingMs() ?? 0) });

/** The clock of one virtual run. Times in milliseconds since the run began. */
export interface VirtualClock {
  now(): number;
  /** Lets `ms` pass: every timer due by then fires in order, and what follows from it is done, before this resolves. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time to pass. */
  settle(): Promise<void>;
}

export interface VirtualRun {
  /** The wall clock at the beginning, in ms since the epoch. Default SCENE_START. */
  startAt?: number;
  seed?: number;
  /** Turns of the event loop after each timer; more where requests pass through nock. Default 1. */
  turns?: number;
}

/** What went wrong is not a broken rule of the kata but that it stopped virtual time. The message says how. */
export class TimeStopped extends Error {
  override name = 'TimeStopped';
}

const MOST_TIMERS_IN_ONE_INSTANT = 20_000;
/** More turns than this are somebody who polls: time must pass for what they wait for. */
const MOST_TURNS = 20;
const IDLE_MS = 700;
/** Real time for one thing that holds virtual time. */
const MOST_HELD_MS = 20_000;
const MOST_HOLDS_IN_ONE_INSTANT = 20_000;

/** Runs `body` in virtual time. Nothing in it waits for real; `Math.random` and `randomUUID` are seeded. */
export async function virtually<T>(
  { startAt = SCENE_START, seed = 1, turns = 1 }: VirtualRun,
  body: (clock: VirtualClock) => Promise<T>,
): Promise<T> {
  const clock = FakeTimers.createClock(startAt, Number.MAX_SAFE_INTEGER);
  const mine: Running = {
    clock,
    startedAt: startAt,
    random: sequence(seed, 'Math.random'),
    held: new Held(real.now, (ms) => {
      waitedMs += ms;
    }),
  };
  running = mine;
  immediates.clear();
  let steps = 0;
  const turn = async () => {
    steps++;
    for (let turn = 0; turn < turns || (turns === 1 && immediates.size > 0 && turn < MOST_TURNS); turn++) {
      await new Promise((resolve) => real.setImmediate(resolve));
    }
  };
  const settle = async () => {
    await turn();
    for (let waits = 0; mine.held.holds && running === mine; waits++) {
      await mine.held.whenFree();
      // What follows from it may hold time again.
      await turn();
      if (waits > MOST_HOLDS_IN_ONE_INSTANT) {
        throw new TimeStopped(
          `the database was asked ${waits} times at ${clock.now - startAt} ms and time never moved on`,
        );
      }
    }
  };
  const advance = async (ms: number) => {
    let arrived = false;
    await settle();
    clock.setTimeout(() => {
      arrived = true;
    }, ms);
    for (let instant = clock.now, fired = 0; !arrived && running === mine; fired++) {
      clock.next();
      await settle();
      if (clock.now > instant) [instant, fired] = [clock.now, 0];
      if (fired > MOST_TIMERS_IN_ONE_INSTANT) {
        throw new TimeStopped(`${fired} timers fired at ${instant - startAt} ms and time never moved on`);
      }
    }
  };
  const idle = watchIdle(() => steps, mine.held);
  try {
    return await Promise.race([body({ now: () => clock.now - startAt, advance, settle }), idle.stuck]);
  } finally {
    idle.stop();
    mine.held.end();
    if (running === mine) running = undefined;
  }
}

/** Rejects when nothing happened for two spells running: one spell may be a long computation. */
function watchIdle(progress: () => number, held: Held): { stuck: Promise<never>; stop: () => void } {
  let stop = () => {};
  const stuck = new Promise<never>((_, reject) => {
    let last = -1;
    let idle = 0;
    const watch = real.setInterval(() => {
      idle = progress() === last && !held.holds ? idle + 1 : 0;
      last = progress();
      const overdue = held.overdue();
      if (overdue) {
        reject(new TimeStopped(`${overdue.what} has not come back for ${Math.round(overdue.ms / 1000)} s`));
      }
      const underWay = held.underWay();
      const still = underWay === undefined ? '' : `; still under way: ${underWay}`;
      if (idle > 1)
        reject(new TimeStopped(`a promise never settled, and no timer was left that could settle it${still}`));
    }, IDLE_MS);
    stop = () => real.clearInterval(watch);
  });
  return { stuck, stop };
}

const abortError = (signal: AbortSignal) =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });

function wait<T>(ms?: number, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal));
    const stop = () => {
      globalThis.clearTimeout(timer);
      reject(abortError(signal as AbortSignal));
    };
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve(value as T);
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * They take no virtual time, so time waits for those that are under way. Not where requests pass through nock: there
 * `turns` gives them room, and the HTTP stack has immediates of its own.
 */
const immediates = new Set<NodeJS.Immediate>();
function immediately<A extends unknown[]>(run: (...args: A) => void, ...args: A): NodeJS.Immediate {
  const immediate = real.setImmediate(() => {
    immediates.delete(immediate);
    run(...args);
  });
  if (running) immediates.add(immediate);
  return immediate;
}
function nextTurn<T>(value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(signal));
    const stop = () => {
      notImmediately(immediate);
      reject(abortError(signal as AbortSignal));
    };
    const immediate = immediately(() => {
      signal?.removeEventListener('abort', stop);
      resolve(value as T);
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
function notImmediately(immediate?: NodeJS.Immediate): void {
  if (immediate) immediates.delete(immediate);
  real.clearImmediate(immediate);
}

type Start = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => unknown;
const isReal = (timer: unknown) => typeof timer === 'object' && timer !== null && timer.constructor.name === 'Timeout';

function starter(name: 'setTimeout' | 'setInterval'): Start {
  // Node makes 1 ms of a fraction. The fake clock makes nothing of it, and `while (left > 0) await sleep(left)` never ends.
  const whole = (ms?: number) => (ms && ms > 0 && ms < 1 ? 1 : ms);
  return (run, ms, ...args) => ((running?.clock ?? real)[name] as Start)(run, whole(ms), ...args);
}
function stopper(name: 'clearTimeout' | 'clearInterval'): (timer?: unknown) => void {
  return (timer) => {
    if (timer === undefined || timer === null) return;
    if (isReal(timer) || !running) return real[name](timer as NodeJS.Timeout);
    running.clock[name](timer as never);
  };
}

const RealDate = real.Date;
function VirtualDate(this: unknown, ...args: unknown[]) {
  const now = running ? running.clock.now : RealDate.now();
  if (!new.target) return new RealDate(now).toString();
  return args.length === 0 ? new RealDate(now) : Reflect.construct(RealDate, args);
}
VirtualDate.prototype = RealDate.prototype;
Object.assign(VirtualDate, { UTC: RealDate.UTC, parse: RealDate.parse });
VirtualDate.now = () => (running ? running.clock.now : RealDate.now());

const timers = {
  setTimeout: Object.assign(starter('setTimeout'), { [promisify.custom]: wait }),
  setInterval: starter('setInterval'),
  clearTimeout: stopper('clearTimeout'),
  clearInterval: stopper('clearInterval'),
  setImmediate: Object.assign(immediately, { [promisify.custom]: nextTurn }),
  clearImmediate: notImmediately,
};
Object.assign(globalThis, timers, { Date: VirtualDate });
Object.assign(nodeTimers, timers);
Object.assign(nodeTimersPromises, {
  setTimeout: wait,
  setImmediate: nextTurn,
  async *setInterval<T>(ms?: number, value?: T, options?: { signal?: AbortSignal }) {
    for (;;) yield await wait(ms, value, options);
  },
  scheduler: {
    wait: (ms: number, options?: { signal?: AbortSignal }) => wait(ms, undefined, options),
    yield: () => nextTurn(),
  },
});
AbortSignal.timeout = (ms) => {
  const controller = new AbortController();
  const timer = globalThis.setTimeout(() => {
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  }, ms);
  timer.unref?.();
  return controller.signal;
};
performance.now = () => (running ? running.clock.now - running.startedAt : real.now());
Math.random = () => (running ? running.random() : real.random());

const uuid = () => {
  if (!running) return real.randomUUID();
  const { random } = running;
  const hex = (length: number) => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + Math.floor(random() * 4)).toString(16)}${hex(3)}-${hex(12)}`;
};
nodeCrypto.randomUUID = uuid;
globalThis.crypto.randomUUID = uuid as typeof globalThis.crypto.randomUUID;
syncBuiltinESMExports();
