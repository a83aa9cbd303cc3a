import type { CreateTasks, TaskEvent, TaskState } from '#answerdesk/seams/long-running-task.ts';

interface Task {
  id: string;
  tenant: string;
  units: readonly string[];
  state: TaskState;
  done: number;
  result: Record<string, string>;
  reason?: string;
}

export const createTasks: CreateTasks = ({ embed, newId, emit }, { concurrency }) => {
  const tasks = new Map<string, Task>();

  const say = (type: TaskEvent['type'], { id, tenant, done, units }: Task) =>
    emit({ type, data: { taskId: id, tenant, done, total: units.length } });

  function end(task: Task, state: TaskState, type: TaskEvent['type']): void {
    if (task.state !== 'running') return;
    task.state = state;
    say(type, task);
  }

  async function work(task: Task): Promise<void> {
    const queue = [...task.units];
    const lane = async () => {
      for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
        task.result[unit] = await embed(unit, new AbortController().signal);
        task.done++;
        if (task.state === 'running') say('TaskProgressed', task);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
  }

  return {
    // TODO: whoever starts a task is told so now, not when it has ended.
    async start({ tenant, units }) {
      const task: Task = { id: newId(), tenant, units, state: 'running', done: 0, result: {} };
      tasks.set(task.id, task);
      say('TaskStarted', task);
      try {
        await work(task);
        end(task, 'done', 'TaskFinished');
      } catch (error) {
        task.reason = (error as Error).message;
        end(task, 'failed', 'TaskFailed');
      }
      return { status: 202, taskId: task.id, location: `/tasks/${task.id}` };
    },

    // TODO: a client that comes back when it is told to hears of the end soon, and doesn't ask a thousand times.
    status(taskId) {
      const task = tasks.get(taskId);
      if (!task) return { status: 404 };
      const { state, done, units, reason } = task;
      return { status: 200, state, done, total: units.length, retryAfterSeconds: 1, ...(reason && { reason }) };
    },

    // TODO: an outcome is there for as long as the policy says, however often it is read; after that it is gone.
    result(taskId) {
      const task = tasks.get(taskId);
      if (!task) return { status: 404 };
      if (task.state !== 'done') return { status: 409, state: task.state };
      tasks.delete(taskId); // fetched: a re-index is several megabytes
      return { status: 200, result: task.result };
    },

    // TODO: a task that has failed or was cancelled costs no further provider call.
    cancel(taskId) {
      const task = tasks.get(taskId);
      if (!task) return { status: 404 };
      end(task, 'cancelled', 'TaskCancelled');
      return { status: 202 };
    },
  };
};
