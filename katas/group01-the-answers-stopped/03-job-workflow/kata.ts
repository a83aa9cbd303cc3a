import type { CreateWorkflows, Step } from '#answerdesk/seams/workflow.ts';

// TODO: a workflow that can't work costs nothing, and its author is told which steps are wrong.
function inOrder(steps: readonly Step[]): Step[] {
  const ordered: Step[] = [];
  while (ordered.length < steps.length) {
    const placed = new Set(ordered.map(({ name }) => name));
    const next = steps.find(({ name, dependsOn = [] }) => !placed.has(name) && dependsOn.every((on) => placed.has(on)));
    if (!next) throw new Error('the steps have no order');
    ordered.push(next);
  }
  return ordered;
}

export const createWorkflows: CreateWorkflows =
  ({ journal, emit }) =>
  async (runId, steps, input) => {
    const results: Record<string, unknown> = {};

    // TODO: a job whose worker died isn't paid for twice.
    // TODO: steps that don't need one another don't wait for one another, within the policy.
    for (const { name, run } of inOrder(steps)) {
      try {
        results[name] = await run({ input, results: { ...results } });
      } catch (error) {
        // TODO: a job that failed leaves nothing behind of what it did.
        emit({ type: 'WorkflowStepFailed', data: { runId, step: name } });
        throw error;
      }
      // Support reads here how far a job came.
      // TODO: a job of one step costs no more than the step.
      await journal.append(runId, { type: 'StepCompleted', step: name, result: results[name] });
      emit({ type: 'WorkflowStepCompleted', data: { runId, step: name } });
    }
    emit({ type: 'WorkflowCompleted', data: { runId } });
    return results;
  };
