import { writeFileSync } from 'node:fs';
import { inject, test, vi } from 'vitest';
import type { Assessment } from './assess.ts';
import { Recorder, toJsonLines } from './events.ts';
import type { Measures } from './measures.ts';
import { endScene } from './scene-end.ts';
import { type VirtualClock, type VirtualRun, virtually } from './virtual-time.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by the harness; bare Vitest runs seed 1, or `KATA_SEEDS=1..100`. */
    kataRun: KataRun;
  }
  interface TaskMeta {
    kata?: BehaviourReport;
  }
}

/** What the harness asks of a suite. */
export interface KataRun {
  seeds: number[];
  stopAtFirstRed: boolean;
  /** Ids of the behaviours to run; default all. */
  only?: string[];
  /** The incident is played once, from its script, and what happened is written here as JSON lines. */
  historyFile?: string;
}

/** What the harness reads of each test, beside its state. */
export interface BehaviourReport {
  id: string;
  /** How many scenes were played; with a failure the last of them failed. */
  played: number;
  /** Only from a gate's replay of the incident. */
  damage?: Assessment;
  /** How good retrieval is, step by step: only from a gate's replay that measures it and sets it here. */
  measures?: Measures;
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
  /** What a suite notes here of an incident becomes its recording. */
  history: Recorder;
  report: BehaviourReport;
}
type Check = (run: Run) => Promise<void> | void;

/** One graded behaviour: one test, played once for each seed in fresh virtual time, until a seed breaks a rule. */
export function behaviour(id: string, title: string, check: Check, options: VirtualRun = {}): void {
  register(id, title, () => seeds().map((seed) => ({ seed, name: seed, play: check })), options);
}

/** The suite's first test: the recorded scene, then the same incident on each seed. */
export function incident<T>(
  title: string,
  scenes: { recorded: () => T; fresh: (seed: number) => T; recordedSeed: number },
  check: (scene: T, run: Run) => Promise<void> | void,
  options: VirtualRun = {},
): void {
  const { recorded, fresh, recordedSeed } = scenes;
  const on = (seed: number, name: number | 'recorded', scene: () => T): Scene => ({
    seed,
    name,
    play: (run) => check(scene(), run),
  });
  register(
    'incident',
    title,
    () =>
      inject('kataRun')?.historyFile
        ? [on(recordedSeed, 'recorded', () => fresh(recordedSeed))]
        : [on(recordedSeed, 'recorded', recorded), ...seeds().map((seed) => on(seed, seed, () => fresh(seed)))],
    options,
  );
}

/** An incident on its recorded seed alone (a gate's replay). */
export function recordedOnly(title: string, recordedSeed: number, check: Check, options: VirtualRun = {}): void {
  register('incident', title, () => [{ seed: recordedSeed, name: 'recorded', play: check }], options);
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

/** Loads a module as a process that has just begun does: nothing that it keeps outside its factories is there yet. */
export function inAnotherProcess<T>(load: () => Promise<T>): Promise<T> {
  vi.resetModules();
  return load();
}

interface Scene {
  seed: number;
  name: number | 'recorded';
  play: Check;
}
let redAlready = false;

function register(id: string, title: string, scenes: () => Scene[], options: VirtualRun): void {
  const { stopAtFirstRed = false, only, historyFile } = inject('kataRun') ?? {};
  test.skipIf(only && !only.includes(id))(title, async ({ task, skip }) => {
    const report: BehaviourReport = { id, played: 0 };
    task.meta.kata = report;
    if (redAlready && stopAtFirstRed) skip('an earlier behaviour was red');
    for (const scene of scenes()) {
      report.played++;
      const history = new Recorder();
      try {
        await playOnce(scene, { history, report }, options);
      } catch (error) {
        redAlready = true;
        report.failure = describe(error, scene.name);
        throw annotated(error, scene.name);
      } finally {
        if (historyFile) writeFileSync(historyFile, toJsonLines(history.events));
      }
    }
  });
}

async function playOnce(
  { seed, play }: Scene,
  noted: Pick<Run, 'history' | 'report'>,
  options: VirtualRun,
): Promise<void> {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  try {
    await virtually({ seed, ...options }, async (clock) => {
      await play({ seed, clock, ...noted });
      await clock.settle();
    });
  } finally {
    process.off('unhandledRejection', listen);
    await endScene();
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
