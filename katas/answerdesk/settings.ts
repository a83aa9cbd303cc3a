import type { BackoffPolicy } from './seams/backoff.ts';
import type { BreakerPolicy } from './seams/circuit-breaker.ts';
import type { DeduplicationPolicy } from './seams/deduplication.ts';
import type { ExecutionPolicy } from './seams/execution.ts';
import type { HashingPolicy } from './seams/hashing.ts';
import type { IdempotencyPolicy } from './seams/idempotency.ts';
import type { JobQueuePolicy } from './seams/job-queue.ts';
import type { KnowledgeBasePolicy } from './seams/knowledge-base.ts';
import type { TaskPolicy } from './seams/long-running-task.ts';
import type { ProjectionPolicy } from './seams/projection.ts';
import type { EditorPolicy } from './seams/prompt-editor.ts';
import type { RetryPolicy } from './seams/retry.ts';

/** How Answerdesk runs in production. Times in milliseconds. */
export const settings = {
  providerUrl: 'https://provider.test',
  smallModel: 'sol-small',
  embeddingModel: 'embed-1',
  /** A question's deadline, from the moment its work begins. */
  answerWithinMs: 25_000,
  /** One call to the provider. */
  callLimitMs: 10_000,
  gatherWithinMs: 1_500,
  execution: { inlineBudgetMs: 200, concurrency: 16 } satisfies ExecutionPolicy,
  tasks: { resultTtlMs: 600_000, concurrency: 1 } satisfies TaskPolicy,
  retry: { maxAttempts: 3, budgetRatio: 0.2, budgetWindowMs: 60_000, budgetMinimum: 2 } satisfies RetryPolicy,
  backoff: { baseMs: 500, capMs: 8_000 } satisfies BackoffPolicy,
  idempotency: { windowMs: 86_400_000, claimMs: 60_000 } satisfies IdempotencyPolicy,
  deduplication: { windowMs: 600_000, capacity: 10_000 } satisfies DeduplicationPolicy,
  hashing: { excluded: ['requestId', 'sentAt'] } satisfies HashingPolicy,
  billLockMs: 5_000,
  microsPerAnswer: 4_200,
  jobs: { leaseMs: 30_000, maxAttempts: 5, staleMs: 1_000 } satisfies JobQueuePolicy,
  totals: { batch: 20, limitMicros: 40_000 } satisfies ProjectionPolicy,
  editor: { maxSteps: 50, maxBytes: 200_000 } satisfies EditorPolicy,
  knowledge: { retentionMs: 30 * 24 * 3_600_000 } satisfies KnowledgeBasePolicy,
  pricedItem: 'sol-large',
  breaker: { windowMs: 60_000, minimumCalls: 5, failureRatio: 0.5, coolDownMs: 30_000 } satisfies BreakerPolicy,
};
export type Settings = typeof settings;
