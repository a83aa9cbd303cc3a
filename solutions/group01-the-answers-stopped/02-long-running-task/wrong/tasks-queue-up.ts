// Begins a task when the one before it has ended: globex waits until acme is done.
import type { CreateTasks, TaskEvent, TaskState } from '#answerdesk/seams/long-running-task.ts';

interface Task {
  id: string;
  tenant: string;
  total: number;
  state: TaskState;
  done: number;
  result: Record<string, string>;
  startedAt: number;
  endedAt: number;
  reason?: string;
  work: AbortController;
}

export const createTasks: CreateTasks = ({ embed, newId, emit }, { concurrency, resultTtlMs }) => {
  const tasks = new Map<string, Task>();
  const gone = new Set<string>();
  let before = Promise.resolve();

  const say = (type: TaskEvent['type'], { id, tenant, done, total }: Task) =>
    emit({ type, data: { taskId: id, tenant, done, total } });

  /** Ends it once, whoever comes first, and stops what is still under way. */
  function end(task: Task, state: TaskState, type: TaskEvent['type'], reason?: string): void {
    if (task.state !== 'running') return;
    Object.assign(task, { state, endedAt: Date.now(), ...(reason !== undefined && { reason }) });
    if (state !== 'done') task.result = {};
    task.work.abort();
    say(type, task);
  }

  /** Takes units from the common iterator until none is left, or nobody wants them any more. */
  async function lane(task: Task, units: IterableIterator<string>): Promise<void> {
    for (const unit of units) {
      const vector = await embed(unit, task.work.signal);
      if (task.state !== 'running') return;
      task.result[unit] = vector;
      task.done++;
      say('TaskProgressed', task);
    }
  }

  async function run(task: Task, units: readonly string[]): Promise<void> {
    const queue = units.values();
    try {
      await Promise.all(Array.from({ length: concurrency }, () => lane(task, queue)));
      end(task, 'done', 'TaskFinished');
    } catch (error) {
      end(task, 'failed', 'TaskFailed', (error as Error).message);
    }
  }

  /** On every call and not by a timer: nothing to stop, and a timer can't wait longer than 24 days. */
  function forgetTheOld(): void {
    for (const [id, task] of tasks) {
      if (task.state === 'running' || Date.now() < task.endedAt + resultTtlMs) continue;
      tasks.delete(id);
      gone.add(id);
    }
  }

  function find(taskId: string): Task | 404 | 410 {
    forgetTheOld();
    return tasks.get(taskId) ?? (gone.has(taskId) ? 410 : 404);
  }

  return {
    start({ tenant, units }) {
      forgetTheOld();
      const now = Date.now();
      const counts = { total: units.length, done: 0, startedAt: now, endedAt: now };
      const task: Task = { id: newId(), tenant, ...counts, state: 'running', result: {}, work: new AbortController() };
      tasks.set(task.id, task);
      say('TaskStarted', task);
      before = before.then(() => run(task, [...units]));
      return { status: 202, taskId: task.id, location: `/tasks/${task.id}` };
    },

    status(taskId) {
      const task = find(taskId);
      if (typeof task === 'number') return { status: task };
      const { state, done, total, reason, startedAt } = task;
      // An eighth of the time it has run: no forecast needed, and never far off, however long a unit takes.
      const retryAfterSeconds = Math.max(1, Math.ceil((Date.now() - startedAt) / 8_000));
      return {
        status: 200,
        state,
        done,
        total,
        ...(state === 'running' && { retryAfterSeconds }),
        ...(reason !== undefined && { reason }),
      };
    },

    result(taskId) {
      const task = find(taskId);
      if (typeof task === 'number') return { status: task };
      if (task.state !== 'done') return { status: 409, state: task.state };
      return { status: 200, result: { ...task.result } };
    },

    cancel(taskId) {
      const task = find(taskId);
      if (typeof task === 'number') return { status: task };
      end(task, 'cancelled', 'TaskCancelled');
      return { status: 202 };
    },
  };
};
