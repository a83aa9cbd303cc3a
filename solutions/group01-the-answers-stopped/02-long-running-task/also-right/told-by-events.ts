// Keeps a log of what happened to each task and folds the status from it; units go through cockatiel's bulkhead.
import { bulkhead, TaskCancelledError } from 'cockatiel';
import type { CreateTasks, TaskState } from '#answerdesk/seams/long-running-task.ts';

type Happened =
  | { what: 'embedded'; unit: string; vector: string; at: number }
  | { what: Exclude<TaskState, 'running'>; at: number; reason?: string };

interface Log {
  tenant: string;
  units: readonly string[];
  startedAt: number;
  entries: Happened[];
  stop: AbortController;
}

const endOf = ({ entries }: Log) => entries.find((entry) => entry.what !== 'embedded');
const vectors = ({ entries }: Log) => entries.flatMap((entry) => (entry.what === 'embedded' ? [entry] : []));

/** Half of what is left by the forecast, or a sixth of the time it has run where that is more. */
function worthAskingIn(log: Log): number {
  const ran = Date.now() - log.startedAt;
  const done = vectors(log).length;
  const left = done === 0 ? 0 : (ran / done) * (log.units.length - done);
  return Math.max(1, Math.ceil(Math.max(Math.min(left / 2, ran / 4), ran / 6) / 1000));
}

export const createTasks: CreateTasks = ({ embed, newId, emit }, policy) => {
  const logs: Record<string, Log> = Object.create(null);

  const say = (type: Parameters<typeof emit>[0]['type'], taskId: string, log: Log) =>
    emit({ type, data: { taskId, tenant: log.tenant, done: vectors(log).length, total: log.units.length } });

  const end = (taskId: string, log: Log, entry: Happened & { what: 'done' | 'failed' | 'cancelled' }) => {
    if (endOf(log)) return;
    log.entries.push(entry);
    log.stop.abort();
    say(({ done: 'TaskFinished', failed: 'TaskFailed', cancelled: 'TaskCancelled' } as const)[entry.what], taskId, log);
  };

  const work = (taskId: string, log: Log) => {
    const gate = bulkhead(policy.concurrency, Infinity);
    const { signal } = log.stop;
    const unit = (name: string) =>
      gate.execute(async () => {
        if (signal.aborted) throw new TaskCancelledError();
        const vector = await embed(name, signal);
        if (endOf(log)) return;
        log.entries.push({ what: 'embedded', unit: name, vector, at: Date.now() });
        say('TaskProgressed', taskId, log);
      });
    Promise.all(log.units.map(unit))
      .then(() => end(taskId, log, { what: 'done', at: Date.now() }))
      .catch((error: Error) => end(taskId, log, { what: 'failed', at: Date.now(), reason: error.message }));
  };

  const find = (taskId: string): Log | 404 | 410 => {
    const log = logs[taskId];
    if (!log) return 404;
    const ended = endOf(log);
    if (!ended || ended.at + policy.resultTtlMs > Date.now()) return log;
    log.entries = [ended];
    log.units = [];
    return 410;
  };

  return {
    start: ({ tenant, units }) => {
      const taskId = newId();
      const log: Log = { tenant, units, startedAt: Date.now(), entries: [], stop: new AbortController() };
      logs[taskId] = log;
      say('TaskStarted', taskId, log);
      setTimeout(work, 0, taskId, log);
      return { status: 202, taskId, location: `/tasks/${taskId}` };
    },
    status: async (taskId) => {
      const log = find(taskId);
      if (log === 404 || log === 410) return { status: log };
      const ended = endOf(log);
      const counts = { done: vectors(log).length, total: log.units.length };
      if (!ended) return { status: 200, state: 'running', ...counts, retryAfterSeconds: worthAskingIn(log) };
      const reason = ended.what === 'failed' ? ended.reason : undefined;
      return { status: 200, state: ended.what as TaskState, ...counts, ...(reason && { reason }) };
    },
    result: async (taskId) => {
      const log = find(taskId);
      if (log === 404 || log === 410) return { status: log };
      const state = (endOf(log)?.what ?? 'running') as TaskState;
      if (state !== 'done') return { status: 409, state };
      return { status: 200, result: Object.fromEntries(vectors(log).map(({ unit, vector }) => [unit, vector])) };
    },
    cancel: (taskId) => {
      const log = find(taskId);
      if (log === 404 || log === 410) return { status: log };
      end(taskId, log, { what: 'cancelled', at: Date.now() });
      return { status: 202 };
    },
  };
};
