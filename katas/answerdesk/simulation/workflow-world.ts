import type { CreateWorkflows, JournalEntry, Step, WorkflowEvent, WorkflowPolicy } from '../seams/workflow.ts';

/** What a step does in a scene. Durations in milliseconds. */
export interface StepPlan {
  name: string;
  dependsOn?: readonly string[];
  lasts: (take: Take) => number;
  /** What it comes to on its nth take, from 1: a result, or a failure that is thrown. */
  comesTo: (job: string, take: number) => { result: unknown } | { failure: Error };
  /** Absent: nothing to take back. */
  undo?: { lasts: number; failure?: Error };
}

/** One take of one step. `to` is absent while it is under way, and for ever when its worker died. */
export interface Take {
  job: string;
  step: string;
  worker: Worker;
  take: number;
  from: number;
  input: unknown;
  given: Record<string, unknown>;
  /** Steps of the job that were on record when it began. */
  onRecord: string[];
  undoable: boolean;
  to?: number;
  result?: unknown;
  failed?: true;
}

export interface Undo {
  job: string;
  step: string;
  from: number;
  to?: number;
  result: unknown;
  failed?: true;
}

/** One hand-over of a job to a worker, and what came back. */
export interface Delivery {
  job: string;
  at: number;
  endedAt?: number;
  results?: Record<string, unknown>;
  failure?: Error;
  /** Steps of the job that were on record when it ended. */
  onRecord?: string[];
}

/** A worker that lives this much longer (ms) than a step has had time to write it down. */
export const TIME_TO_WRITE_MS = 250;

const asJson = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));
const never = new Promise<never>(() => {});

/** The outside of all workers: the journal, and what the steps did. */
export class WorkflowWorld {
  readonly takes: Take[] = [];
  readonly undos: Undo[] = [];
  readonly events: (WorkflowEvent & { at: number; worker: Worker })[] = [];
  readonly journal = new Map<string, JournalEntry[]>();
  readonly calls = { reads: 0, appends: 0 };
  readonly now: () => number;
  readonly latency: { readMs: number; appendMs: number };

  constructor(now: () => number, latency: { readMs: number; appendMs: number }) {
    this.now = now;
    this.latency = latency;
  }

  /** The completed steps that the journal holds of a job. */
  onRecord(job: string): string[] {
    return (this.journal.get(job) ?? []).filter(({ type }) => type === 'StepCompleted').map(({ step }) => step);
  }

  /** The take that holds for this step: the last that ended well. */
  held(job: string, step: string): Take | undefined {
    return this.takes.filter((one) => one.job === job && one.step === step && done(one)).at(-1);
  }

  /** How often a step's effect stands: takes that ended well less those taken back. */
  standing(job: string, step: string): number {
    const of = (all: { job: string; step: string; to?: number; failed?: true }[]) =>
      all.filter((one) => one.job === job && one.step === step && done(one)).length;
    return of(this.takes) - of(this.undos);
  }

  /** How many takes of a step ended well in a worker that then had no time to write it down. */
  diedUnrecorded(job: string, step: string): number {
    return this.takes.filter((one) => one.job === job && one.step === step && done(one) && !hadTime(one)).length;
  }

  /**
   * Takes of a step that had been done before, could have been on record, and was neither taken back nor, with nothing
   * to take back, done for a job that has failed since.
   */
  duplicates(): Take[] {
    return this.takes.filter((take) => this.isDuplicate(take));
  }

  isDuplicate(again: Take): boolean {
    return this.takes.some((before) => {
      if (before === again || !sameStep(before, again) || !done(before) || before.to > again.from) return false;
      return hadTime(before) && !this.#givenUp(before);
    });
  }

  #givenUp(before: Take & { to: number }): boolean {
    if (before.undoable) return this.undos.some((undo) => sameStep(undo, before) && undo.from >= before.to);
    return this.takes.some(({ job, failed, to = 0 }) => failed && job === before.job && to >= before.to);
  }
}

const sameStep = (a: { job: string; step: string }, b: { job: string; step: string }) =>
  a.job === b.job && a.step === b.step;
const done = <T extends { to?: number; failed?: true }>(one: T): one is T & { to: number } =>
  one.to !== undefined && !one.failed;

const hadTime = ({ to, worker }: Take & { to: number }) => to + TIME_TO_WRITE_MS <= worker.diedAt;

/** A process. Once it is killed nothing that it does reaches the outside, and nothing answers it. */
export class Worker {
  diedAt = Infinity;
  readonly deliveries: Delivery[] = [];
  readonly #world: WorkflowWorld;
  readonly #runWorkflow: ReturnType<CreateWorkflows>;

  constructor(world: WorkflowWorld, createWorkflows: CreateWorkflows, policy: WorkflowPolicy) {
    this.#world = world;
    const { calls, journal, latency } = world;
    const read = this.#reach(async (runId: string) => {
      calls.reads++;
      await this.#wait(latency.readMs);
      return structuredClone(journal.get(runId) ?? []);
    });
    const append = this.#reach(async (runId: string, entry: JournalEntry) => {
      calls.appends++;
      const kept = asJson(entry);
      await new Promise((resolve) => setTimeout(resolve, latency.appendMs));
      journal.set(runId, [...(journal.get(runId) ?? []), kept]);
    });
    const emit = (event: WorkflowEvent) => {
      if (this.#alive) world.events.push({ ...structuredClone(event), at: world.now(), worker: this });
    };
    this.#runWorkflow = createWorkflows({ journal: { read, append }, emit }, { ...policy });
  }

  kill(): void {
    this.diedAt = this.#world.now();
  }

  /** Hands the job over; what comes of it is noted on the delivery. */
  perform(job: string, plan: readonly StepPlan[], input: unknown = { job }, ended = (_: Delivery) => {}): Delivery {
    const delivery: Delivery = { job, at: this.#world.now() };
    this.deliveries.push(delivery);
    const end = (how: Partial<Delivery>) => {
      const when = { endedAt: this.#world.now(), onRecord: this.#world.onRecord(job) };
      if (this.#alive) ended(Object.assign(delivery, how, when));
    };
    const run = async () =>
      this.#runWorkflow(
        job,
        plan.map((step) => this.#step(job, step)),
        structuredClone(input),
      );
    run().then(
      (results) => end({ results: asJson(results) }),
      (failure: Error) => end({ failure }),
    );
    return delivery;
  }

  #step(job: string, { name, dependsOn, lasts, comesTo, undo }: StepPlan): Step {
    const { takes, undos, now } = this.#world;
    const run: Step['run'] = async ({ input, results }) => {
      const from = now();
      const take = takes.filter((one) => one.job === job && one.step === name).length + 1;
      const onRecord = this.#world.onRecord(job);
      const given = asJson(results);
      const undoable = undo !== undefined;
      const one: Take = { job, step: name, worker: this, take, from, input: asJson(input), given, onRecord, undoable };
      takes.push(one);
      await this.#wait(lasts(one));
      one.to = now();
      const end = comesTo(job, take);
      if ('result' in end) {
        one.result = end.result;
        return structuredClone(end.result);
      }
      one.failed = true;
      throw end.failure;
    };
    const compensate = async (result: unknown) => {
      const one: Undo = { job, step: name, from: now(), result: asJson(result) };
      undos.push(one);
      await this.#wait(undo?.lasts ?? 0);
      one.to = now();
      if (!undo?.failure) return;
      one.failed = true;
      throw undo.failure;
    };
    return {
      name,
      run: this.#reach(run),
      ...(dependsOn && { dependsOn: [...dependsOn] }),
      ...(undo && { compensate: this.#reach(compensate) }),
    };
  }

  get #alive(): boolean {
    return this.diedAt === Infinity;
  }

  async #wait(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (!this.#alive) await never;
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
