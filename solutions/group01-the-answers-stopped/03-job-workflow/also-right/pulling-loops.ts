// A class with as many loops as the limit allows; each pulls the next ready step. What has nothing to take back stays done after a failure.
import type {
  CreateWorkflows,
  JournalEntry,
  Step,
  WorkflowEvent,
  WorkflowPolicy,
  WorkflowPorts,
} from '#answerdesk/seams/workflow.ts';

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

class WorkflowInvalid extends Error {
  code = 'WORKFLOW_INVALID' as const;
}

class WorkflowRun {
  private readonly left: Map<string, Step>;
  private readonly finished: { name: string; result: unknown }[] = [];
  private readonly failures: unknown[] = [];
  private changed = withResolvers();
  private readonly ports: WorkflowPorts;
  private readonly runId: string;
  private readonly steps: readonly Step[];

  constructor(ports: WorkflowPorts, runId: string, steps: readonly Step[]) {
    this.ports = ports;
    this.runId = runId;
    this.steps = steps;
    this.left = new Map(steps.map((step) => [step.name, step]));
  }

  validate(): void {
    if (this.left.size < this.steps.length) {
      const names = this.steps.map((step) => step.name);
      throw new WorkflowInvalid(`names used twice: ${names.filter((name, n) => names.lastIndexOf(name) > n)}`);
    }
    for (const { name, dependsOn = [] } of this.steps) {
      const missing = dependsOn.filter((on) => !this.left.has(on));
      if (missing.length) throw new WorkflowInvalid(`${name} depends on ${missing}, which is no step`);
    }
    const waitsFor = new Map(this.steps.map(({ name, dependsOn = [] }) => [name, new Set(dependsOn)]));
    for (let freed = true; freed; ) {
      freed = false;
      for (const [name, on] of waitsFor) {
        if (on.size > 0) continue;
        freed = waitsFor.delete(name);
        for (const others of waitsFor.values()) others.delete(name);
      }
    }
    if (waitsFor.size) throw new WorkflowInvalid(`circle among ${[...waitsFor.keys()]}`);
  }

  async recall(): Promise<void> {
    if (this.steps.length < 2) return;
    const entries = await this.ports.journal.read(this.runId);
    entries.forEach((entry, n) => {
      const takenBack = entries.slice(n + 1).some((later) => later.step === entry.step);
      if (entry.type === 'StepCompensated' || takenBack) return;
      this.finished.push({ name: entry.step, result: entry.result });
      this.left.delete(entry.step);
    });
  }

  async perform(input: unknown, limit: number): Promise<Record<string, unknown>> {
    let busy = 0;
    const loop = async () => {
      for (;;) {
        const step = this.failures.length ? undefined : this.next();
        if (step) {
          this.left.delete(step.name);
          busy++;
          await this.one(step, input);
          busy--;
          this.changed.resolve();
          this.changed = withResolvers();
        } else if (busy > 0) await this.changed.promise;
        else return;
      }
    };
    await Promise.all(Array.from({ length: limit }, loop));
    if (this.failures.length > 0) {
      await this.takeBack();
      throw this.failures[0];
    }
    this.say('WorkflowCompleted');
    return Object.fromEntries(this.finished.map(({ name, result }) => [name, result]));
  }

  private next(): Step | undefined {
    const ready = (on: string) => this.finished.some(({ name }) => name === on);
    return [...this.left.values()].find(({ dependsOn = [] }) => dependsOn.every(ready));
  }

  private one({ name, run, dependsOn = [] }: Step, input: unknown): Promise<void> {
    const results = Object.fromEntries(
      this.finished.filter((one) => dependsOn.includes(one.name)).map(({ name, result }) => [name, result]),
    );
    return run({ input, results })
      .then(async (result) => {
        await this.write({ type: 'StepCompleted', step: name, result });
        this.finished.push({ name, result });
        this.say('WorkflowStepCompleted', name);
      })
      .catch((error: unknown) => {
        this.failures.push(error);
        this.say('WorkflowStepFailed', name);
      });
  }

  private async takeBack(): Promise<void> {
    for (const { name, result } of this.finished.toReversed()) {
      const step = this.steps.find((one) => one.name === name);
      if (!step?.compensate) continue;
      const outcome = await step.compensate(result).then(
        () => 'done' as const,
        () => 'stuck' as const,
      );
      if (outcome === 'done') await this.write({ type: 'StepCompensated', step: name });
      this.say(outcome === 'done' ? 'WorkflowStepCompensated' : 'WorkflowCompensationFailed', name);
    }
  }

  private async write(entry: JournalEntry): Promise<void> {
    if (this.steps.length > 1) await this.ports.journal.append(this.runId, entry);
  }

  private say(type: WorkflowEvent['type'], step?: string): void {
    this.ports.emit({ type, data: { runId: this.runId, ...(step !== undefined && { step }) } });
  }
}

export const createWorkflows: CreateWorkflows =
  (ports: WorkflowPorts, { concurrency }: WorkflowPolicy) =>
  async (runId, steps, input) => {
    const run = new WorkflowRun(ports, runId, steps);
    run.validate();
    await run.recall();
    return run.perform(input, concurrency);
  };
