import { inject, test } from 'vitest';
import { type VirtualClock, type VirtualRun, virtually } from './virtual-time.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by the harness; bare Vitest runs seed 1, or `KATA_SEEDS=1..100`. */
    kataRun: { seeds: number[]; stopAtFirstRed: boolean };
  }
  interface TaskMeta {
    kata?: BehaviourReport;
  }
}

/** What the harness reads of each test, beside its state. */
export interface BehaviourReport {
  id: string;
  /** How many scenes were played; with a failure the last of them failed. */
  played: number;
  failure?: { kind: 'rule' | 'crash' | 'stuck'; message: string; seed: number | 'recorded'; event: number | null };
}

/** A rule of the kata does not hold. The message is shown to the learner as it is: the domain's words, with figures. */
export class RuleBroken extends Error {
  override name = 'RuleBroken';
  readonly event: number | null;
  constructor(message: string, event: number | null) {
    super(message);
    this.event = event;
  }
}

/** Asserts a rule. `event` is the id of the recorded event that shows the breach, where there is one. */
export function must(holds: boolean, message: string | (() => string), event?: number | null): asserts holds {
  if (!holds) throw new RuleBroken(typeof message === 'string' ? message : message(), event ?? null);
}

export interface Run {
  seed: number;
  clock: VirtualClock;
}
type Check = (run: Run) => Promise<void> | void;

/** One graded behaviour: one test, played once for each seed in fresh virtual time, until a seed breaks a rule. */
export function behaviour(id: string, title: string, check: Check, options: VirtualRun = {}): void {
  register(id, title, () => seeds().map((seed) => ({ seed, play: (clock) => check({ seed, clock }) })), options);
}

/** The suite's first test: the recorded scene, then the same incident on each seed. */
export function incident<Scene>(
  title: string,
  scenes: { recorded: () => Scene; fresh: (seed: number) => Scene },
  check: (scene: Scene, run: Run) => Promise<void> | void,
  options: VirtualRun = {},
): void {
  const play = (seed: number, scene: () => Scene) => (clock: VirtualClock) => check(scene(), { seed, clock });
  register(
    'incident',
    title,
    () => [
      { seed: 'recorded', play: play(0, scenes.recorded) },
      ...seeds().map((seed) => ({ seed, play: play(seed, () => scenes.fresh(seed)) })),
    ],
    options,
  );
}

/** A scene in which the pattern, used blindly, makes things worse. */
export function tradeOff(title: string, check: Check, options: VirtualRun = {}): void {
  behaviour('trade-off', `trade-off: ${title}`, check, options);
}

/** The seeds of this run. */
export function seeds(): number[] {
  const run = inject('kataRun');
  if (run) return run.seeds;
  const [from = 1, to = from] = (process.env.KATA_SEEDS ?? '1').split('..').map(Number);
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

interface Scene {
  seed: number | 'recorded';
  play: (clock: VirtualClock) => Promise<void> | void;
}
let redAlready = false;

function register(id: string, title: string, scenes: () => Scene[], options: VirtualRun): void {
  test(title, async ({ task, skip }) => {
    const report: BehaviourReport = { id, played: 0 };
    task.meta.kata = report;
    if (redAlready && inject('kataRun')?.stopAtFirstRed) skip('an earlier behaviour was red');
    for (const scene of scenes()) {
      report.played++;
      try {
        await playOnce(scene, options);
      } catch (error) {
        redAlready = true;
        report.failure = describe(error, scene.seed);
        throw annotated(error, scene.seed);
      }
    }
  });
}

async function playOnce({ seed, play }: Scene, options: VirtualRun): Promise<void> {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  try {
    await virtually({ seed: seed === 'recorded' ? 0 : seed, ...options }, async (clock) => {
      await play(clock);
      await clock.settle();
    });
  } finally {
    process.off('unhandledRejection', listen);
  }
  const [first] = unhandled;
  const what = first instanceof Error ? first.message : String(first);
  must(unhandled.length === 0, `a rejection was left unhandled (${what}): in production that ends the process`);
}

function describe(error: unknown, seed: number | 'recorded'): NonNullable<BehaviourReport['failure']> {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RuleBroken) return { kind: 'rule', message, seed, event: error.event };
  const name = error instanceof Error ? error.name : 'Error';
  if (name === 'AssertionError') return { kind: 'rule', message, seed, event: null };
  if (name === 'TimeStopped') return { kind: 'stuck', message, seed, event: null };
  return { kind: 'crash', message: `${name}: ${message}`, seed, event: null };
}

function annotated(error: unknown, seed: number | 'recorded'): unknown {
  if (error instanceof Error) error.message += seed === 'recorded' ? ' [recording]' : ` [seed ${seed}]`;
  return error;
}
