import type { CreateBackoff } from './seams/backoff.ts';
import type { ProtectProvider } from './seams/circuit-breaker.ts';
import type { CreateCommandBus } from './seams/command.ts';
import type { CreateDeduplication } from './seams/deduplication.ts';
import type { CreateLadder } from './seams/degradation.ts';
import type { CreateIntake } from './seams/execution.ts';
import type { CreateHashing } from './seams/hashing.ts';
import type { CreateIdempotency } from './seams/idempotency.ts';
import type { CreateJobs } from './seams/job-state.ts';
import type { CreateTasks } from './seams/long-running-task.ts';
import type { GatherParts } from './seams/partial-result.ts';
import type { CreateRetry } from './seams/retry.ts';
import type { CreateSingletons } from './seams/singletons.ts';
import type { CreateDeadlines } from './seams/timeout.ts';
import type { CreateWorkflows } from './seams/workflow.ts';

/** Every place where a kata plugs in. What isn't given runs on a plain default (`defaults.ts`). */
export interface Seams {
  /** 1.1 */
  createIntake: CreateIntake;
  /** 1.2 */
  createTasks: CreateTasks;
  /** 1.3 */
  createWorkflows: CreateWorkflows;
  /** 1.4 */
  createJobs: CreateJobs;
  /** 1.5 */
  createRetry: CreateRetry;
  /** 1.6 */
  createBackoff: CreateBackoff;
  /** 1.7 */
  createDeadlines: CreateDeadlines;
  /** 1.8 */
  protectProvider: ProtectProvider;
  /** 1.9 */
  gatherParts: GatherParts;
  /** 1.10 */
  createLadder: CreateLadder;
  /** 2.1 */
  createIdempotency: CreateIdempotency;
  /** 2.2 */
  createDeduplication: CreateDeduplication;
  /** 2.3 */
  createHashing: CreateHashing;
  /** 2.4 */
  createSingletons: CreateSingletons;
  /** 2.5 */
  createCommandBus: CreateCommandBus;
}
