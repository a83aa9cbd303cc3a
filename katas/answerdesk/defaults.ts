import { randomUUID } from 'node:crypto';
import type { Command } from './seams/command.ts';
import type { JobView } from './seams/execution.ts';
import type { JobPhase, JobStatus } from './seams/job-state.ts';
import type { TaskStatus } from './seams/long-running-task.ts';
import type { Part, PartResult } from './seams/partial-result.ts';
import type { Seams } from './seams.ts';

/**
 * Every seam at its plainest: does its work when all is well, adds nothing of its own. The groups that don't own a seam
 * run on these, so that an incident doesn't change when another group does.
 */
export const defaults: Seams = {
  createIntake: ({ answer }) => ({
    submit: async (question) => ({ status: 200, answer: await answer(question) }),
    job: (): JobView | undefined => undefined,
  }),

  createTasks: ({ embed, newId }) => {
    const finished = new Map<string, Record<string, string>>();
    return {
      start: async ({ units }) => {
        const taskId = newId();
        const result: Record<string, string> = {};
        for (const unit of units) result[unit] = await embed(unit, new AbortController().signal);
        finished.set(taskId, result);
        return { status: 202, taskId, location: `/tasks/${taskId}` };
      },
      status: (taskId): TaskStatus => {
        const total = Object.keys(finished.get(taskId) ?? {}).length;
        return finished.has(taskId) ? { status: 200, state: 'done', done: total, total } : { status: 404 };
      },
      result: (taskId) => {
        const result = finished.get(taskId);
        return result ? { status: 200, result } : { status: 404 };
      },
      cancel: () => ({ status: 404 }),
    };
  },

  createWorkflows: () => async (_runId, steps, input) => {
    const results: Record<string, unknown> = {};
    for (const step of steps) results[step.name] = await step.run({ input, results: { ...results } });
    return results;
  },

  createJobs: () => {
    const jobs = new Map<string, JobStatus>();
    const phases: Record<string, JobPhase> = { JobStarted: 'running', JobFinished: 'done', JobFailed: 'failed' };
    return {
      apply: ({ jobId, type, at }) => {
        const status = { phase: phases[type] ?? 'queued', paused: false, attempts: 1, changedAt: at };
        jobs.set(jobId, status);
        return status;
      },
      status: (jobId) => jobs.get(jobId),
    };
  },

  createRetry:
    () =>
    ({ run }) =>
      run(1),

  createBackoff:
    (_, { baseMs }) =>
    () =>
      new Promise((resolve) => setTimeout(resolve, baseMs, true)),

  createDeadlines: () => ({
    within: (_hop, deadline, call) =>
      call({
        signal: deadline.signal ?? new AbortController().signal,
        deadline,
        remainingMs: deadline.at - Date.now(),
      }),
    limitFrom: (latencies) => Math.max(...latencies),
  }),

  protectProvider: ({ ask }) => ask,

  gatherParts: async (_ports, parts) => {
    const { signal } = new AbortController();
    const load = async <T>({ name, load }: Part<T>): Promise<PartResult<T>> => ({
      name,
      status: 'complete',
      value: await load(signal),
    });
    return { parts: await Promise.all(parts.map(load)), completeness: 1 };
  },

  createLadder: (_ports, rungs) => async (question, signal) => {
    const [first] = rungs;
    const answer = await first?.answer(question, signal ?? new AbortController().signal);
    if (!first || !answer) throw new Error('the first rung has no answer');
    return { questionId: question.id, text: answer.text, rung: first.name, degraded: false, ageMs: 0 };
  },

  createIdempotency: () => ({ handle: async (_request, work) => work(randomUUID()) }),

  createDeduplication: ({ ask }) => ({
    ask,
    receive: async (_messageId, handle) => {
      await handle();
      return 'handled';
    },
  }),

  createHashing: () => ({
    canonicalize: (value) => JSON.stringify(value),
    identityOf: (request) => JSON.stringify(request),
  }),

  createSingletons: ({ load }) => {
    let tokens = 0;
    return {
      config: load,
      reload: load,
      withLock: (_name, _expiresMs, work) => work({ token: ++tokens, held: () => true }),
      reset: () => {},
    };
  },

  createCommandBus: ({ enqueue }, handlers) => ({
    submit: enqueue,
    submitAll: async (_id, commands) => {
      for (const command of commands) await enqueue(command);
    },
    work: async (item) => {
      const { id, name, payload } = item as Command;
      return handlers.find((handler) => handler.name === name)?.execute(payload, id);
    },
    undo: async () => {},
  }),
};
