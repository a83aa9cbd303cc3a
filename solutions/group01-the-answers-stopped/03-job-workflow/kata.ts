import type { CreateWorkflows, JournalEntry, Step } from '#answerdesk/seams/workflow.ts';

/** Results of the steps that stand, in the order in which they completed. */
type Standing = Map<string, unknown>;

class InvalidWorkflowError extends Error {
  readonly code = 'WORKFLOW_INVALID';
}

const canStart = ({ dependsOn = [] }: Step, standing: { has(name: string): boolean }) =>
  dependsOn.every((name) => standing.has(name));

function refuseInvalid(steps: readonly Step[]): void {
  const names = steps.map(({ name }) => name);
  const twice = names.filter((name, n) => names.indexOf(name) !== n);
  if (twice.length > 0) throw new InvalidWorkflowError(`more than one step is called ${twice.join(', ')}`);
  const unknown = steps.flatMap(({ dependsOn = [] }) => dependsOn.filter((name) => !names.includes(name)));
  if (unknown.length > 0) throw new InvalidWorkflowError(`no step is called ${unknown.join(', ')}`);

  let left = steps;
  const reachable = new Set<string>();
  for (let ready = left; ready.length > 0; ) {
    ready = left.filter((step) => canStart(step, reachable));
    for (const { name } of ready) reachable.add(name);
    left = left.filter(({ name }) => !reachable.has(name));
  }
  if (left.length > 0) {
    throw new InvalidWorkflowError(`these steps wait for one another: ${left.map(({ name }) => name).join(', ')}`);
  }
}

function whatStands(entries: readonly JournalEntry[]): Standing {
  const standing: Standing = new Map();
  for (const entry of entries) {
    if (entry.type === 'StepCompleted') standing.set(entry.step, entry.result);
    else standing.delete(entry.step);
  }
  return standing;
}

export const createWorkflows: CreateWorkflows =
  ({ journal, emit }, { concurrency }) =>
  async (runId, steps, input) => {
    refuseInvalid(steps);
    // One step either happened or didn't: there is nothing to resume, and nothing to take back when it fails.
    const journalled = steps.length > 1;
    const standing = journalled ? whatStands(await journal.read(runId)) : new Map<string, unknown>();
    const write = async (entry: JournalEntry) => {
      if (journalled) await journal.append(runId, entry);
    };
    const waiting = new Set(steps.filter(({ name }) => !standing.has(name)));
    const underWay = new Map<string, Promise<void>>();
    let failure: { error: unknown } | undefined;

    const perform = async ({ name, dependsOn = [], run }: Step) => {
      try {
        const results = Object.fromEntries(dependsOn.map((on) => [on, standing.get(on)]));
        const result = await run({ input, results });
        await write({ type: 'StepCompleted', step: name, result }); // what others build on must outlive us
        standing.set(name, result);
        emit({ type: 'WorkflowStepCompleted', data: { runId, step: name } });
      } catch (error) {
        failure ??= { error };
        emit({ type: 'WorkflowStepFailed', data: { runId, step: name } });
      }
      underWay.delete(name);
    };
    const startReady = () => {
      for (const step of waiting) {
        if (failure || underWay.size >= concurrency) return;
        if (!canStart(step, standing)) continue;
        waiting.delete(step);
        underWay.set(step.name, perform(step));
      }
    };
    const takeBack = async ({ name, compensate }: Step) => {
      try {
        await compensate?.(standing.get(name));
        await write({ type: 'StepCompensated', step: name });
        emit({ type: 'WorkflowStepCompensated', data: { runId, step: name } });
      } catch {
        emit({ type: 'WorkflowCompensationFailed', data: { runId, step: name } });
      }
    };

    for (startReady(); underWay.size > 0; startReady()) await Promise.race(underWay.values());
    if (failure) {
      const byName = new Map(steps.map((step) => [step.name, step]));
      for (const name of [...standing.keys()].reverse()) {
        const step = byName.get(name);
        if (step) await takeBack(step);
      }
      throw failure.error;
    }
    emit({ type: 'WorkflowCompleted', data: { runId } });
    return Object.fromEntries(standing);
  };
