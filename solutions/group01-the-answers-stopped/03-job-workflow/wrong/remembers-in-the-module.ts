// Keeps finished steps in a variable of the module: another worker does not have it, and another tenant's job finds it.
import type { CreateWorkflows, Step } from '#answerdesk/seams/workflow.ts';

const finished = new Map<string, Map<string, unknown>>();

export const createWorkflows: CreateWorkflows =
  ({ emit }) =>
  async (runId, steps, input) => {
    const done = finished.get(runId) ?? new Map<string, unknown>();
    finished.set(runId, done);
    const perform = async (step: Step): Promise<void> => {
      if (done.has(step.name)) return;
      for (const on of steps.filter(({ name }) => step.dependsOn?.includes(name))) await perform(on);
      done.set(step.name, await step.run({ input, results: Object.fromEntries(done) }));
      emit({ type: 'WorkflowStepCompleted', data: { runId, step: step.name } });
    };
    for (const step of steps) await perform(step);
    emit({ type: 'WorkflowCompleted', data: { runId } });
    return Object.fromEntries(done);
  };
