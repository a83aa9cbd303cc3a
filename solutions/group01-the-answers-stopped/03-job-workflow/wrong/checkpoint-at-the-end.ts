// Writes the journal once, when the whole job is done: a job that dies half-way has no journal yet.
import type { CreateWorkflows } from '#answerdesk/seams/workflow.ts';

export const createWorkflows: CreateWorkflows =
  ({ journal, emit }) =>
  async (runId, steps, input) => {
    const known = steps.length > 1 ? await journal.read(runId) : [];
    const results: Record<string, unknown> = {};
    for (const entry of known) if (entry.type === 'StepCompleted') results[entry.step] = entry.result;
    const left = steps.filter(({ name }) => !(name in results));
    while (left.length > 0) {
      const next = left.findIndex(({ dependsOn = [] }) => dependsOn.every((on) => on in results));
      const [step] = left.splice(next, 1);
      if (!step || next < 0)
        throw Object.assign(new Error('the steps wait for one another'), { code: 'WORKFLOW_INVALID' });
      results[step.name] = await step.run({ input, results });
      emit({ type: 'WorkflowStepCompleted', data: { runId, step: step.name } });
    }
    if (steps.length > 1) {
      for (const { name } of steps)
        await journal.append(runId, { type: 'StepCompleted', step: name, result: results[name] });
    }
    emit({ type: 'WorkflowCompleted', data: { runId } });
    return results;
  };
