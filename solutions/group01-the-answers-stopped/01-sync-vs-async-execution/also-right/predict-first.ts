// A class with a queue of jobs and a moving average. Cautious: a route that nobody has seen goes to the queue until five answers are known.
import type { Answer } from '#answerdesk/domain.ts';
import type {
  CreateIntake,
  ExecutionPolicy,
  ExecutionPorts,
  Intake,
  JobView,
  Reply,
  RoutedQuestion,
} from '#answerdesk/seams/execution.ts';

class Task {
  state: JobView = { state: 'queued' };
  jobId: string | undefined;
  readonly question: RoutedQuestion;
  readonly ended: Promise<Answer>;
  resolve!: (answer: Answer) => void;
  reject!: (error: Error) => void;

  constructor(question: RoutedQuestion) {
    this.question = question;
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.ended.catch(() => {}); // a job's failure is told by its state
  }
}

class JobIntake implements Intake {
  readonly #ports: ExecutionPorts;
  readonly #policy: ExecutionPolicy;
  readonly #queue: Task[] = [];
  readonly #jobs: Record<string, Task> = {};
  readonly #average = new Map<string, { ms: number; answers: number }>();
  #running = 0;

  constructor(ports: ExecutionPorts, policy: ExecutionPolicy) {
    this.#ports = ports;
    this.#policy = policy;
  }

  async submit(question: RoutedQuestion): Promise<Reply> {
    const task = new Task(question);
    this.#queue.push(task);
    const known = this.#average.get(question.route);
    const inline = known !== undefined && known.answers >= 5 && known.ms <= this.#policy.inlineBudgetMs;
    if (!inline) {
      const receipt = this.#receipt(task);
      this.#pump();
      return receipt;
    }
    this.#pump();
    const budget = AbortSignal.timeout(this.#policy.inlineBudgetMs);
    return new Promise<Reply>((resolve, reject) => {
      budget.addEventListener('abort', () => {
        if (task.state.state === 'queued' || task.state.state === 'running') resolve(this.#receipt(task));
      });
      task.ended.then(
        (answer) => resolve({ status: 200, answer }),
        (error) => reject(error),
      );
    });
  }

  async job(jobId: string): Promise<JobView | undefined> {
    return this.#jobs[jobId]?.state;
  }

  #receipt(task: Task): Reply {
    const jobId = `job-${Object.keys(this.#jobs).length + 1}`;
    task.jobId = jobId;
    this.#jobs[jobId] = task;
    this.#announce('QuestionAccepted', task);
    return { status: 202, jobId, location: `/jobs/${jobId}` };
  }

  #pump(): void {
    while (this.#running < this.#policy.concurrency) {
      const task = this.#queue.shift();
      if (!task) return;
      this.#running++;
      void this.#work(task);
    }
  }

  async #work(task: Task): Promise<void> {
    const began = performance.now();
    task.state = { state: 'running' };
    try {
      const answer = await this.#ports.answer(task.question);
      task.state = { state: 'done', answer };
      this.#announce('JobFinished', task);
      task.resolve(answer);
    } catch (error) {
      task.state = { state: 'failed', reason: String(error) };
      this.#announce('JobFailed', task);
      task.reject(error as Error);
    }
    this.#learn(task.question.route, performance.now() - began);
    this.#running--;
    this.#pump();
  }

  #learn(route: string, ms: number): void {
    const known = this.#average.get(route) ?? { ms, answers: 0 };
    this.#average.set(route, { ms: known.ms + 0.2 * (ms - known.ms), answers: known.answers + 1 });
  }

  #announce(type: 'QuestionAccepted' | 'JobFinished' | 'JobFailed', { jobId, question }: Task): void {
    if (jobId) this.#ports.emit({ type, data: { questionId: question.id, jobId } });
  }
}

export const createIntake: CreateIntake = (ports, policy) => new JobIntake(ports, policy);
