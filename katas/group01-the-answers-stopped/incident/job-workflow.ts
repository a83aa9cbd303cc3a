import type { CreateWorkflows } from '#answerdesk/seams/workflow.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import {
  type Delivery,
  type StepPlan,
  type Take,
  Worker,
  WorkflowWorld,
} from '#answerdesk/simulation/workflow-world.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';

/** The long answers of the morning: questions that need the tenant's whole history, done by a worker from a queue. */
export interface LongAnswers {
  seed: number;
  jobs: readonly LongAnswerJob[];
  /** When the worker ran out of memory; another takes over `RESTART_MS` later, with the jobs that weren't done. */
  kills: readonly { at: number; event?: number }[];
  /** How long a draft takes meanwhile, instead of 4 s; its check takes half of that. */
  slow: readonly Slowness[];
  /** How long the scene is watched. Times in milliseconds since it began. */
  until: number;
}
export interface LongAnswerJob {
  at: number;
  id: string;
  tenant: string;
  /** Whether its documents hold an answer. If not, the check finds out, and the job fails for good. */
  answerable: boolean;
  event?: number;
}
interface Slowness {
  from: number;
  to: number;
  latencyMs: number;
}

export const LONG_ANSWERS_SEED = 20260303;
const RESTART_MS = 2_000;
/** Steps that call the provider. */
export const BILLED = ['retrieve', 'history', 'draft', 'check'];

const MINUTE = 60_000;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** sol-large climbs to 45 s. Waiting jobs fill the worker's memory: it is killed again and again. */
export function longAnswers(seed: number): LongAnswers {
  const jobs: LongAnswerJob[] = [];
  for (let at = 3_000, n = 1; at < 10 * MINUTE; at += between(seed, `gap ${n}`, 9_000, 22_000), n++) {
    const id = `job-${String(n).padStart(2, '0')}`;
    jobs.push({
      at,
      id,
      tenant: pick(seed, `tenant ${id}`, TENANTS),
      answerable: roll(seed, `answerable ${id}`) > 0.15,
    });
  }
  const began = between(seed, 'began', 100, 140) * 1000;
  const slow = [2_000, 6_000, 12_000, 20_000, 30_000, 45_000, 45_000, 45_000].map((latencyMs, n) => ({
    from: began + n * MINUTE,
    to: began + (n + 1) * MINUTE,
    latencyMs: latencyMs + 4_000,
  }));
  const kills = [2, 3.5, 5, 6.5, 8].map((minute, n) => ({
    at: began + Math.round(minute * MINUTE) + between(seed, `kill ${n}`, 0, 25_000),
  }));
  return { seed, jobs, kills, slow, until: 16 * MINUTE };
}

/** The same morning from its recording. */
export function recordedLongAnswers({ events, at }: Recording): LongAnswers {
  const all = (type: string) => events.filter((event) => event.type === type);
  const ends = new Map(all('ProviderFaultEnded').map((event) => [event.data['fault'], at(event)]));
  return {
    ...longAnswers(LONG_ANSWERS_SEED),
    jobs: all('JobQueued').map((event) => {
      const { job, tenant, answerable } = event.data as { job: string; tenant: string; answerable: boolean };
      return { at: at(event), event: event.id, id: job, tenant, answerable };
    }),
    kills: all('WorkerKilled').map((event) => ({ at: at(event), event: event.id })),
    slow: all('ProviderFaultBegan').map((event) => ({
      from: at(event),
      to: ends.get(event.data['fault']) ?? Infinity,
      latencyMs: event.data['latencyMs'] as number,
    })),
  };
}

/** How long (ms) this take of a step lasts. */
function stepMs({ seed, slow }: LongAnswers, { step, job, from: at }: Take): number {
  const usual: Record<string, number> = { reserve: 80, retrieve: 900, history: 1_400, draft: 4_000, check: 1_200 };
  const brownOut = slow.find(({ from, to }) => at >= from && at < to)?.latencyMs;
  const spread = 0.85 + 0.3 * roll(seed, `${step} ${job} ${Math.floor(at / 1000)}`);
  const slowed = brownOut && { draft: brownOut, check: brownOut / 2 }[step];
  return Math.round((slowed ?? usual[step] ?? 100) * spread);
}

/** One worker at a time takes the jobs as they are queued. When it dies, the next gets those that it had not ended. */
export async function playLongAnswers(scene: LongAnswers, { clock, history }: Run, createWorkflows: CreateWorkflows) {
  const world = new WorkflowWorld(clock.now, { readMs: 8, appendMs: 15 });
  const newWorker = () => new Worker(world, createWorkflows, { concurrency: 3 });
  const ends = new Map<string, Delivery>();
  const causes = new Map<string, number>();
  let waiting: LongAnswerJob[] = [];
  let worker: Worker | undefined = newWorker();

  const note = (stream: string, type: string, data: object, causationId?: number) =>
    history.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });
  const noteOf = (job: string, type: string, data: object = {}) => note(job, type, { job, ...data }, causes.get(job));
  const began = (take: Take) => {
    if (world.isDuplicate(take))
      noteOf(take.job, 'StepDuplicated', { step: take.step, billed: BILLED.includes(take.step) });
  };
  const ended = (delivery: Delivery) => {
    const { job, failure } = delivery;
    ends.set(job, delivery);
    noteOf(job, failure ? 'JobFailed' : 'JobDelivered', { reservations: world.standing(job, 'reserve') });
  };
  const handOut = () => {
    for (const job of worker ? waiting.splice(0) : []) {
      worker?.perform(job.id, planOf(scene, job, began), { tenant: job.tenant, job: job.id }, ended);
    }
  };
  const queue = (job: LongAnswerJob) => {
    const { id, tenant, answerable } = job;
    causes.set(id, note(id, 'JobQueued', { job: id, tenant, answerable }));
    waiting.push(job);
    handOut();
  };
  const kill = (n: number) => {
    const died = worker;
    died?.kill();
    worker = undefined;
    const cause = note('worker', 'WorkerKilled', { worker: n, reason: 'out of memory' });
    setTimeout(() => {
      const open = scene.jobs.filter(({ id }) => died?.deliveries.some(({ job }) => job === id) && !ends.has(id));
      for (const { id } of open) causes.set(id, note(id, 'JobHandedBack', { job: id }, cause));
      waiting = [...open, ...waiting];
      worker = newWorker();
      handOut();
    }, RESTART_MS);
  };
  arriveInTurn(
    [
      ...scene.slow.flatMap(({ from, to, latencyMs }, n) => [
        {
          at: from,
          happen: () => note('provider', 'ProviderFaultBegan', { fault: n + 1, model: 'sol-large', latencyMs }),
        },
        { at: to, happen: () => note('provider', 'ProviderFaultEnded', { fault: n + 1 }) },
      ]),
      ...scene.kills.map(({ at }, n) => ({ at, happen: () => kill(n + 1) })),
      ...scene.jobs.map((job) => ({ at: job.at, happen: () => queue(job) })),
    ],
    ({ happen }) => void happen(),
  );
  await clock.advance(scene.until);
  return { world, ends };
}

/** What a long answer is made of. Reserving the tenant's tokens is what can be taken back. */
function planOf(scene: LongAnswers, { answerable }: LongAnswerJob, began: (take: Take) => void): StepPlan[] {
  const failure = Object.assign(new Error('the documents hold no answer'), { code: 'ANSWER_REJECTED' });
  const step = (name: string, ...dependsOn: string[]): StepPlan => ({
    name,
    dependsOn,
    lasts: (take) => {
      began(take);
      return stepMs(scene, take);
    },
    comesTo: (job, take) => (name === 'check' && !answerable ? { failure } : { result: `${name} ${take} of ${job}` }),
    ...(name === 'reserve' && { undo: { lasts: 60 } }),
  });
  return [
    step('reserve'),
    step('retrieve', 'reserve'),
    step('history', 'reserve'),
    step('draft', 'retrieve', 'history'),
    step('check', 'draft'),
    step('deliver', 'check'),
  ];
}
