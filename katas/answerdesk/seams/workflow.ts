import type { Emit } from '../domain.ts';

export interface StepContext {
  input: unknown;
  /** Results of the steps that this one depends on, by name. There may be more. */
  results: Readonly<Record<string, unknown>>;
}

export interface Step {
  name: string;
  dependsOn?: readonly string[];
  /** The result must survive JSON. */
  run: (context: StepContext) => Promise<unknown>;
  /** Takes back what `run` did; called only for a step that finished. */
  compensate?: (result: unknown) => Promise<void>;
}

export interface WorkflowPolicy {
  /** Steps under way at once, in one run. */
  concurrency: number;
}

export type JournalEntry =
  | { type: 'StepCompleted'; step: string; result: unknown }
  | { type: 'StepCompensated'; step: string };

/** What survives a crash. Entries are read in the order of their appends. */
export interface Journal {
  read: (runId: string) => Promise<readonly JournalEntry[]>;
  /** Durable when it resolves. Each append costs a write. */
  append: (runId: string, entry: JournalEntry) => Promise<void>;
}

export interface WorkflowEvent {
  type:
    | 'WorkflowStepCompleted'
    | 'WorkflowStepFailed'
    | 'WorkflowStepCompensated'
    | 'WorkflowCompensationFailed'
    | 'WorkflowCompleted';
  data: { runId: string; step?: string };
}

export interface WorkflowPorts {
  journal: Journal;
  emit: Emit<WorkflowEvent>;
}

/**
 * Kata 1.3. Runs the steps, or what is left of them where the journal knows this run, and resolves to the results by
 * step name. Whoever calls again with a run's id, after a crash or after a failure, goes on with that run: a step that
 * stands (completed and not compensated since) isn't run again.
 *
 * A step that fails: nothing new begins, what is under way is waited for, all finished steps are compensated one by
 * one in reverse order of completion, and the failure is thrown as it came. A compensation that fails leaves its step
 * standing and stops none of the others.
 *
 * A cycle, an unknown dependency or a name used twice is refused before anything runs: `code` 'WORKFLOW_INVALID', the
 * message names the steps.
 */
export type RunWorkflow = (runId: string, steps: readonly Step[], input: unknown) => Promise<Record<string, unknown>>;

export type CreateWorkflows = (ports: WorkflowPorts, policy: WorkflowPolicy) => RunWorkflow;
