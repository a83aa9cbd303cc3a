// Remembers finished steps in the process instead of in the journal: the memory dies with the worker.
import type { CreateWorkflows } from '#answerdesk/seams/workflow.ts';

export const createWorkflows: CreateWorkflows = ({ emit }) => {
  const finished = new Map<string, Record<string, unknown>>();
  return async (runId, steps, input) => {
    const results = finished.get(runId) ?? {};
    finished.set(runId, results);
    const waiting = new Set(steps.filter(({ name }) => !(name in results)));
    while (waiting.size > 0) {
      const ready = [...waiting].filter(({ dependsOn = [] }) => dependsOn.every((on) => on in results));
      if (ready.length === 0) throw Object.assign(new Error('cycle'), { code: 'WORKFLOW_INVALID' });
      await Promise.all(
        ready.map(async (step) => {
          waiting.delete(step);
          results[step.name] = await step.run({ input, results });
          emit({ type: 'WorkflowStepCompleted', data: { runId, step: step.name } });
        }),
      );
    }
    emit({ type: 'WorkflowCompleted', data: { runId } });
    return results;
  };
};
