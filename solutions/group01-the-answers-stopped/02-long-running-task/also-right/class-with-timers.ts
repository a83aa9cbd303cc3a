// A class; outcomes are dropped by timers (in steps, for a timer reaches 24 days), the work goes in chunks, the interval is a twentieth of the forecast.
import { setTimeout as after } from 'node:timers/promises';
import type {
  CreateTasks,
  TaskEvent,
  TaskPolicy,
  TaskPorts,
  TaskRequest,
  TaskResult,
  TaskState,
  TaskStatus,
} from '#answerdesk/seams/long-running-task.ts';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

class Task {
  readonly id: string;
  readonly #request: TaskRequest;
  readonly #ports: TaskPorts;
  readonly #startedAt = Date.now();
  readonly #work = new AbortController();
  readonly #vectors = new Map<string, string>();
  #state: TaskState = 'running';
  #reason: string | undefined;

  constructor(request: TaskRequest, ports: TaskPorts) {
    this.id = ports.newId();
    this.#request = request;
    this.#ports = ports;
    this.#say('TaskStarted');
  }

  /** Never rejects; resolves when the task has ended. */
  async run(atOnce: number): Promise<void> {
    const { units } = this.#request;
    try {
      for (let n = 0; n < units.length && !this.#work.signal.aborted; n += atOnce) {
        const chunk = units.slice(n, n + atOnce);
        await Promise.all(
          chunk.map(async (unit) => {
            const vector = await this.#ports.embed(unit, this.#work.signal);
            this.#vectors.set(unit, vector);
          }),
        );
        if (this.#state === 'running') this.#say('TaskProgressed');
      }
      this.#end('done', 'TaskFinished');
    } catch (error) {
      this.#end('failed', 'TaskFailed', error instanceof Error ? error.message : String(error));
    }
  }

  cancel(): void {
    this.#end('cancelled', 'TaskCancelled');
  }

  status(): TaskStatus {
    const [done, total] = [this.#vectors.size, this.#request.units.length];
    const base = { status: 200, state: this.#state, done, total } as const;
    if (this.#state === 'running') return { ...base, retryAfterSeconds: this.#interval(done / total) };
    return this.#reason === undefined ? base : { ...base, reason: this.#reason };
  }

  result(): TaskResult {
    if (this.#state !== 'done') return { status: 409, state: this.#state };
    return { status: 200, result: Object.fromEntries(this.#vectors) };
  }

  #interval(share: number): number {
    const ran = Date.now() - this.#startedAt;
    const forecastMs = share > 0 ? ran / share / 20 : ran / 5;
    return Math.max(1, Math.round(forecastMs / 1000));
  }

  #end(state: TaskState, type: TaskEvent['type'], reason?: string): void {
    if (this.#state !== 'running') return;
    this.#state = state;
    this.#reason = reason;
    this.#work.abort();
    this.#say(type);
  }

  #say(type: TaskEvent['type']): void {
    const data = { taskId: this.id, tenant: this.#request.tenant, done: this.#vectors.size };
    this.#ports.emit({ type, data: { ...data, total: this.#request.units.length } });
  }
}

class TaskDesk {
  readonly #tasks = new Map<string, Task | 'gone'>();
  readonly #ports: TaskPorts;
  readonly #policy: TaskPolicy;
  constructor(ports: TaskPorts, policy: TaskPolicy) {
    this.#ports = ports;
    this.#policy = policy;
  }

  async start(request: TaskRequest) {
    const task = new Task(request, this.#ports);
    this.#tasks.set(task.id, task);
    this.#keep(task);
    return { status: 202 as const, taskId: task.id, location: `/tasks/${task.id}` };
  }

  async status(taskId: string): Promise<TaskStatus> {
    return this.#with(taskId, (task) => task.status());
  }
  async result(taskId: string): Promise<TaskResult> {
    return this.#with(taskId, (task) => task.result());
  }
  async cancel(taskId: string) {
    return this.#with(taskId, (task) => {
      task.cancel();
      return { status: 202 as const };
    });
  }

  #with<T>(taskId: string, what: (task: Task) => T): T | { status: 404 } | { status: 410 } {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return { status: 404 };
    return task === 'gone' ? { status: 410 } : what(task);
  }

  async #keep(task: Task): Promise<void> {
    const cancelled = new Promise<void>((resolve) => {
      const { cancel } = task;
      task.cancel = () => {
        cancel.call(task);
        resolve();
      };
    });
    await Promise.race([task.run(this.#policy.concurrency), cancelled]);
    for (let left = this.#policy.resultTtlMs; left > 0; left -= LONGEST_TIMER_MS) {
      await after(Math.min(left, LONGEST_TIMER_MS), undefined, { ref: false });
    }
    this.#tasks.set(task.id, 'gone');
  }
}

export const createTasks: CreateTasks = (ports, policy) => new TaskDesk(ports, policy);
