// A promise per step that waits for the promises of the steps before it, and a semaphore. After a crash in the roll-back it first rolls back to the end.
import type { CreateWorkflows, Journal, Step, WorkflowPorts } from '#answerdesk/seams/workflow.ts';

const invalid = (message: string) => Object.assign(new Error(message), { code: 'WORKFLOW_INVALID' });

function check(steps: readonly Step[]): void {
  const byName = new Map<string, Step>();
  for (const step of steps) {
    if (byName.has(step.name)) throw invalid(`duplicate step: ${step.name}`);
    byName.set(step.name, step);
  }
  const cleared = new Set<string>();
  const visit = (name: string, path: string[]): void => {
    if (cleared.has(name)) return;
    if (path.includes(name)) throw invalid(`cycle: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`);
    const step = byName.get(name);
    if (!step) throw invalid(`unknown step: ${name}`);
    for (const on of step.dependsOn ?? []) visit(on, [...path, name]);
    cleared.add(name);
  };
  for (const name of byName.keys()) visit(name, []);
}

function semaphore(places: number) {
  const queue: (() => void)[] = [];
  return {
    async enter() {
      if (places > 0) places--;
      else await new Promise<void>((resolve) => queue.push(resolve));
    },
    leave() {
      const next = queue.shift();
      if (next) next();
      else places++;
    },
  };
}

const noJournal: Journal = { read: async () => [], append: async () => {} };

async function rollBack(runId: string, done: [string, unknown][], steps: readonly Step[], ports: WorkflowPorts) {
  for (const [name, result] of done.splice(0).reverse()) {
    const compensate = steps.find((step) => step.name === name)?.compensate;
    try {
      if (compensate) await compensate(result);
    } catch {
      ports.emit({ type: 'WorkflowCompensationFailed', data: { runId, step: name } });
      done.unshift([name, result]);
      continue;
    }
    await ports.journal.append(runId, { type: 'StepCompensated', step: name });
    if (compensate) ports.emit({ type: 'WorkflowStepCompensated', data: { runId, step: name } });
  }
}

export const createWorkflows: CreateWorkflows = (ports, { concurrency }) => {
  return async function runWorkflow(runId, steps, input) {
    check(steps);
    const journal = steps.length === 1 ? noJournal : ports.journal;
    let done: [string, unknown][] = [];
    let rollingBack = false;
    for (const entry of await journal.read(runId)) {
      if (entry.type === 'StepCompleted') {
        done.push([entry.step, entry.result]);
        rollingBack = false;
      } else {
        done = done.filter(([name]) => name !== entry.step);
        rollingBack = done.some(([name]) => steps.find((step) => step.name === name)?.compensate);
      }
    }
    if (rollingBack) {
      await rollBack(runId, done, steps, { ...ports, journal });
    }

    const results: Record<string, unknown> = Object.fromEntries(done);
    const place = semaphore(concurrency);
    let failed = false;
    let reason: unknown;
    const promises = new Map<string, Promise<boolean>>();

    const outcome = (step: Step): Promise<boolean> => {
      const known = promises.get(step.name) ?? perform(step);
      promises.set(step.name, known);
      return known;
    };
    async function perform({ name, dependsOn = [], run }: Step): Promise<boolean> {
      if (name in results) return true;
      const before = await Promise.all(steps.filter((step) => dependsOn.includes(step.name)).map(outcome));
      if (before.includes(false)) return false;
      await place.enter();
      try {
        if (failed) return false;
        const result = await run({ input, results: { ...results } });
        await journal.append(runId, { type: 'StepCompleted', step: name, result });
        done.push([name, result]);
        results[name] = result;
        ports.emit({ type: 'WorkflowStepCompleted', data: { runId, step: name } });
        return true;
      } catch (error) {
        if (!failed) reason = error;
        failed = true;
        ports.emit({ type: 'WorkflowStepFailed', data: { runId, step: name } });
        return false;
      } finally {
        place.leave();
      }
    }

    await Promise.all(steps.map(outcome));
    if (failed) {
      await rollBack(runId, done, steps, { ...ports, journal });
      throw reason;
    }
    ports.emit({ type: 'WorkflowCompleted', data: { runId } });
    return results;
  };
};
