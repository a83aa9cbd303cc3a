import type { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node';
import type { KataRun } from '../kit/suite.ts';
import { FairTime } from './fair-time.ts';
import type { Limits } from './limits.ts';
import type { SpareThread } from './spare-thread.ts';
import type { ThreadShelf } from './thread-shelf.ts';

/** How a worker ended that did not come to its end. */
export interface Death {
  kind: 'loop' | 'import' | 'slow' | 'exit' | 'memory' | 'crash';
  message: string;
}

/** What the grader and the worker of one suite tell each other. */
export interface SuiteRun {
  kataRun: KataRun;
  /** How long the suite may take once it is loaded, however lively it is. */
  budgetMs: number;
  onStart(): void;
  onOutput(text: string): void;
  onDeath(death: Death): void;
  /** Its answer left nothing running, as far as one can see. */
  endedWell(): boolean;
}

const TICK_MS = 250;
/** Until the kit is loaded nothing of the answer has run: a busy machine gets more time. */
const MOST_SILENT_MS_BEFORE_KIT = 30_000;
/** What a suite waits for a server that it shares with others isn't its own time, up to this. */
const MOST_STARTING_MS = 60_000;
/** The share that is charged of a wait for such a server, which on a busy machine is as slow as the suite. */
const SERVER_SHARE = 0.25;

/** Where threads come from that need not be started now. */
export interface Threads {
  /** Used before, and unharmed. */
  shelf?: ThreadShelf;
  /** Started ahead, never used. */
  spare?: SpareThread;
}

/** A pool of Vitest worker threads, each of which is ended when its answer stops the event loop. */
export function watchedPool(runOf: RunOf, limits: Limits, threads: Threads): PoolRunnerInitializer {
  return { name: 'kata', createPoolWorker: (options) => new WatchedWorker(options, runOf, limits, threads) };
}

type RunOf = (project: string, file: string) => SuiteRun | undefined;
type Listener = (argument: unknown) => void;

class WatchedWorker implements PoolWorker {
  readonly name = 'kata';
  readonly #options: PoolOptions;
  readonly #runOf: RunOf;
  readonly #limits: Limits;
  readonly #shelf: ThreadShelf | undefined;
  readonly #spare: SpareThread | undefined;
  readonly #detachments: (() => void)[] = [];
  readonly #listeners = new Map<Listener, Listener>();
  #thread: Worker | undefined;
  #run: SuiteRun | undefined;
  #watch: NodeJS.Timeout | undefined;
  #time: FairTime | undefined;
  #silentMs = 0;
  #spentMs = 0;
  #startingMs = 0;
  #starting = false;
  /** What it has waited for servers in all, as its heart last said, and how much of that isn't accounted for. */
  #waitedMs: number | undefined;
  #waitedCredit = 0;
  #questionsOpen = 0;
  #kitLoaded = false;
  #collected = false;
  #ending = false;
  #failed = false;
  #stopAsked = false;
  #reusable = false;
  #tellPool: Listener = () => {};

  constructor(options: PoolOptions, runOf: RunOf, limits: Limits, { shelf, spare }: Threads) {
    this.#options = options;
    this.#runOf = runOf;
    this.#limits = limits;
    this.#shelf = shelf;
    this.#spare = spare;
  }

  async start(): Promise<void> {
    const make = () => newThread(this.#options, this.#limits);
    const thread = this.#shelf?.take() ?? this.#spare?.take(make) ?? make();
    this.#thread = thread;
    const keep = (chunk: unknown) => this.#run?.onOutput(String(chunk));
    this.#attach(thread.stdout, 'data', keep);
    this.#attach(thread.stderr, 'data', keep);
    this.#attach(thread, 'message', (message) => this.#hear(message));
    this.#attach(thread, 'error', (error) => this.#fail(error as NodeJS.ErrnoException));
    this.#attach(thread, 'exit', () => this.#report({ kind: 'exit', message: 'it ended its process' }));
  }

  #attach(source: EventEmitter, event: string, listener: Listener): void {
    source.on(event, listener);
    this.#detachments.push(() => source.off(event, listener));
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#failed = true;
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      this.#report({ kind: 'memory', message: `it used more than ${this.#limits.memoryMb} MB` });
    } else this.#report({ kind: 'crash', message: error.message });
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#unwatch();
    if (this.#thread && this.#reusable) {
      for (const detach of this.#detachments) detach();
      await this.#shelf?.put(this.#thread);
    } else await this.#thread?.terminate();
  }

  on(event: string, callback: Listener): void {
    const listener = this.#listenerFor(event, callback);
    this.#listeners.set(callback, listener);
    if (this.#thread) this.#attach(this.#thread, event, listener);
  }

  #listenerFor(event: string, callback: Listener): Listener {
    if (event === 'message') {
      this.#tellPool = callback;
      return (message) => isHeartbeat(message) || callback(message);
    }
    // Vitest listens to one end only: the exit that follows an error would find nobody and end the process.
    return event === 'exit' ? (code) => this.#failed || callback(code) : callback;
  }

  off(event: string, callback: Listener): void {
    this.#thread?.off(event, this.#listeners.get(callback) ?? callback);
  }

  send(message: WorkerRequest): void {
    if (isAnswer(message)) this.#questionsOpen--;
    if (message.type === 'run') this.#begin(message.context);
    if (message.type === 'stop') {
      this.#stopAsked = true;
      this.#reusable = this.#shelf !== undefined && !this.#ending && this.#run?.endedWell() === true;
      // The thread is not told: it stays up for the next suite.
      if (this.#reusable) {
        this.#tellPool({ type: 'stopped', __vitest_worker_response__: true });
        return;
      }
    }
    this.#thread?.postMessage(message);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  #begin(context: { files: { filepath: string }[]; providedContext: object }): void {
    this.#run = this.#runOf(this.#options.project.name, context.files[0]?.filepath ?? '');
    if (!this.#run) return;
    context.providedContext = { ...context.providedContext, kataRun: this.#run.kataRun };
    this.#run.onStart();
    if (this.#thread) this.#time = new FairTime(this.#thread);
    this.#watch = setInterval(() => this.#tick(), TICK_MS);
  }

  #hear(message: unknown): void {
    if (isHeartbeat(message)) {
      this.#kitLoaded = true;
      this.#starting = message.starting ?? this.#starting;
      this.#noteWaiting(message.waitedMs);
      if (this.#collected) this.#silentMs = 0;
      return;
    }
    this.#silentMs = 0;
    if (isQuestion(message)) {
      this.#questionsOpen++;
      if (message.m === 'onCollected') this.#collected = true;
    }
  }

  #noteWaiting(waitedMs?: number): void {
    if (waitedMs === undefined) return;
    this.#waitedCredit += Math.max(0, waitedMs - (this.#waitedMs ?? waitedMs));
    this.#waitedMs = waitedMs;
  }

  /** How much of this time it waited for servers. */
  #waitedOf(spent: number): number {
    const waited = Math.min(spent, this.#waitedCredit);
    this.#waitedCredit -= waited;
    return waited;
  }

  #tick(): void {
    const spent = this.#time?.sinceLast() ?? 0;
    if (this.#questionsOpen > 0 && !this.#collected) return;
    // Ticks are counted, not the clock: while this thread is busy, the worker isn't blamed. Suites turn the event loop
    // all the time, so silence counts in full; what loads doesn't, and counts, as the whole suite's time does, only as
    // far as the machine gave it any.
    this.#silentMs += this.#collected ? TICK_MS : spent;
    const waited = this.#waitedOf(spent);
    if (this.#starting && this.#startingMs < MOST_STARTING_MS) this.#startingMs += spent;
    else if (this.#collected) this.#spentMs += spent - (1 - SERVER_SHARE) * waited;
    const { silentMs, leastBudgetMs } = this.#limits;
    const budget = Math.max(leastBudgetMs, this.#run?.budgetMs ?? Infinity);
    if (this.#silentMs > (this.#kitLoaded ? silentMs : Math.max(silentMs, MOST_SILENT_MS_BEFORE_KIT))) {
      const seconds = (this.#silentMs / 1000).toFixed(1);
      this.#kill(
        this.#collected
          ? { kind: 'loop', message: `an endless loop: nothing else could happen for ${seconds} s` }
          : { kind: 'import', message: `it never finished loading: an endless loop or wait, ${seconds} s long` },
      );
    } else if (this.#spentMs > budget) {
      this.#kill({ kind: 'slow', message: `its suite was still not through after ${budget / 1000} s` });
    }
  }

  #kill(death: Death): void {
    this.#report(death);
    void this.#thread?.terminate();
  }

  #unwatch(): void {
    clearInterval(this.#watch);
    this.#time?.end();
  }

  #report(death: Death): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#unwatch();
    this.#run?.onDeath(death);
    // A suite that has ended leaves the loop that its answer still turns in.
    if (this.#stopAsked) this.#tellPool({ type: 'stopped', __vitest_worker_response__: true });
  }
}

function newThread({ distPath, env, execArgv }: PoolOptions, { memoryMb }: Limits): Worker {
  return new Worker(resolve(distPath, 'workers/threads.js'), {
    env: env as NodeJS.ProcessEnv,
    execArgv,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
}

interface Rpc {
  t: 'q' | 's';
  i?: string;
  m?: string;
}
const isObject = (message: unknown): message is Record<string, unknown> =>
  typeof message === 'object' && message !== null;
const isHeartbeat = (message: unknown): message is { kataHeartbeat: true; starting?: boolean; waitedMs?: number } =>
  isObject(message) && message['kataHeartbeat'] === true;
const isQuestion = (message: unknown): message is Rpc => isObject(message) && message['t'] === 'q' && 'i' in message;
const isAnswer = (message: unknown) => isObject(message) && message['t'] === 's';
