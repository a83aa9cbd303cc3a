import type { Emit } from '../domain.ts';

export interface StepContext {
  input: unknown;
  /** Results of the steps that this one depends on, by name. */
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

/** What survives a crash. Appends are durable when they resolve; each costs a write. */
export interface Journal {
  read: (runId: string) => Promise<readonly JournalEntry[]>;
  append: (runId: string, entry: JournalEntry) => Promise<void>;
}

export interface WorkflowEvent {
  type: 'WorkflowStepCompleted' | 'WorkflowStepFailed' | 'WorkflowStepCompensated' | 'WorkflowCompleted';
  data: { runId: string; step?: string };
}

export interface WorkflowPorts {
  journal: Journal;
  emit: Emit<WorkflowEvent>;
}

/**
 * Kata 1.3. Runs the steps, or what is left of them where the journal knows this run, and resolves to the results by
 * step name. A step that fails: the finished ones are compensated in reverse order of completion and the failure is
 * thrown as it came. A cycle or an unknown dependency is refused before anything runs: `code` 'WORKFLOW_INVALID', the
 * message names the steps.
 */
export type RunWorkflow = (runId: string, steps: readonly Step[], input: unknown) => Promise<Record<string, unknown>>;

export type CreateWorkflows = (ports: WorkflowPorts, policy: WorkflowPolicy) => RunWorkflow;
