import type {
  CommandRequest,
  CreateIdempotency,
  IdempotencyEvent,
  IdempotencyPolicy,
  Reply,
} from '#answerdesk/seams/idempotency.ts';
import { type Connection, type Database, type Hook, openDatabase } from '#kit/sql/database.ts';
import type { Run } from '#kit/suite.ts';

/** What the work on one submission does, should it be begun for it. Times in milliseconds. */
export interface Plan {
  /** Until it does something outside. */
  ms: number;
  /** From then until it comes to its outcome. Default 0. */
  afterMs?: number;
  /** Default 201. */
  status?: number;
  /** Default: the job, and which run of the work this was. */
  body?: unknown;
  /** Default true. */
  done?: boolean;
  /** It rejects with this message. */
  throws?: string;
  /** Whether something is done outside. Default: where `done` is true. */
  effect?: boolean;
  /** Its process is killed there. */
  dies?: 'before the effect' | 'after the effect' | 'with its result';
}

/** One submission. `endedAt` is absent while its app waits. */
export interface Submission {
  request: CommandRequest;
  process: string;
  at: number;
  endedAt?: number;
  /** As it was when it was given. */
  reply?: Reply;
  /** The same object as the app holds it. */
  held?: Reply;
  failure?: Error;
  /** Resolves when it has ended; not if its process died. */
  over: Promise<void>;
}

/** The work, begun once more. */
export interface WorkRun {
  n: number;
  request: CommandRequest;
  effectKey: string;
  process: string;
  at: number;
  endedAt: number;
}

/** Something that was done outside: a job made, a generation billed. */
export interface Effect {
  effectKey: string;
  request: CommandRequest;
  job: string;
  at: number;
}

export interface CommandProcess {
  submit: (request: CommandRequest, plan: Plan) => Submission;
  /** As `kill -9`. What it was doing never ends. */
  kill: () => void;
}

/** What is outside of the processes: the database, if they use it, and where the effects happen. */
export interface CommandWorld {
  process: (
    name: string,
    create: CreateIdempotency,
    hooks?: {
      before?: Hook;
      after?: Hook;
      emitted?: (event: IdempotencyEvent) => void;
      began?: (run: WorkRun) => void;
      did?: (effect: Effect) => void;
    },
  ) => CommandProcess;
  runs: WorkRun[];
  effects: Effect[];
  events: IdempotencyEvent[];
  /** Whether any process has asked the database for anything. */
  usesSql: () => boolean;
}

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export function commandWorld({ clock }: Run, policy: IdempotencyPolicy, schema: string): CommandWorld {
  const runs: WorkRun[] = [];
  const effects: Effect[] = [];
  const events: IdempotencyEvent[] = [];
  const database: Database = openDatabase({ schema });

  /** Done once for each effect key, for as long as the window. */
  function effect(effectKey: string, request: CommandRequest, did?: (effect: Effect) => void): Effect {
    const known = effects.find((one) => one.effectKey === effectKey && clock.now() - one.at < policy.windowMs);
    if (known) return known;
    const made = { effectKey, request, job: `job-${effects.length + 1}`, at: clock.now() };
    effects.push(made);
    did?.(made);
    return made;
  }

  const process: CommandWorld['process'] = (name, create, { before, after, emitted, began, did } = {}) => {
    let dead = false;
    const connection: Connection = database.connect({ name, ...(before && { before }), ...(after && { after }) });
    const never = () => new Promise<never>(() => {});
    const kill = () => {
      dead = true;
      void connection.kill();
    };
    const pause = async (ms: number) => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      if (dead) await never();
    };
    const emit = (event: IdempotencyEvent) => {
      if (dead) return;
      events.push(asJson(event));
      emitted?.(asJson(event));
    };
    const { handle } = bound(create({ sql: connection.sql, emit }, { ...policy }));

    const workOn = (request: CommandRequest, plan: Plan) => async (effectKey: string) => {
      const { ms, afterMs = 0, status = 201, done = true, throws, effect: acts = done, dies } = plan;
      const run: WorkRun = {
        n: runs.length + 1,
        request,
        effectKey,
        process: name,
        at: clock.now(),
        endedAt: Infinity,
      };
      runs.push(run);
      began?.(run);
      const dieWhere = async (where: Plan['dies']) => {
        if (dies !== where) return;
        kill();
        await never();
      };
      await pause(ms);
      await dieWhere('before the effect');
      const job = acts ? effect(effectKey, request, did).job : undefined;
      await dieWhere('after the effect');
      await pause(afterMs);
      run.endedAt = clock.now();
      if (dies === 'with its result') kill();
      if (throws !== undefined) throw new Error(throws);
      return asJson({ status, body: 'body' in plan ? plan.body : { job, run: run.n }, done });
    };

    const submit = (request: CommandRequest, plan: Plan): Submission => {
      let over = () => {};
      const submission: Submission = {
        request: asJson(request),
        process: name,
        at: clock.now(),
        over: new Promise((resolve) => {
          over = resolve;
        }),
      };
      const end = (how: Partial<Submission>) => {
        if (dead) return;
        Object.assign(submission, how, { endedAt: clock.now() });
        over();
      };
      const run = async () => handle(asJson(request), workOn(submission.request, plan));
      run().then(
        (held) => end({ held, reply: asJson({ status: held.status, body: held.body }) }),
        (failure: Error) => end({ failure }),
      );
      return submission;
    };
    return { submit, kill };
  };

  return { process, runs, effects, events, usesSql: () => database.statements.length > 0 };
}

const bound = (idempotency: ReturnType<CreateIdempotency>): ReturnType<CreateIdempotency> => ({
  handle: (request, work) => idempotency.handle(request, work),
});
