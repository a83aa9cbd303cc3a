import type { Claim, CreateJobQueue, JobQueuePolicy } from '#answerdesk/seams/job-queue.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { type QueueProcess, QueueWorld } from '#answerdesk/simulation/queue-world.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** A question that an instance acknowledged and queued. */
export interface QueuedQuestion {
  /** Milliseconds since the scene began. */
  at: number;
  id: string;
  tenant: string;
  text: string;
  /** How long its answer takes whoever works on it. */
  lastsMs: number;
  /** The first worker that has it hangs for this long before, and says nothing. */
  hangsMs?: number;
  /** No model can answer it: each try fails. */
  unanswerable?: true;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}

export interface DeployNight {
  questions: readonly QueuedQuestion[];
  /** When the deploy kills an instance; it is back `BACK_AFTER_MS` later. */
  kills: readonly { at: number; instance: number; event?: number }[];
  /** How long the scene is watched. */
  until: number;
}

export const POLICY: JobQueuePolicy = { leaseMs: 12_000, maxAttempts: 6, staleMs: 1_000 };
export const BACK_AFTER_MS = 2_000;
const INSTANCES = 4;
const LOOPS = 2;
/** How often one of an instance's idle workers looks; also when the instance has acknowledged something. */
const POLL_MS = 15_000;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** Three quarters of a minute of questions; a deploy that takes the four instances down one after the other, twice. */
export function deployNight(seed: number): DeployNight {
  const questions: QueuedQuestion[] = [];
  for (let n = 1, at = 1_000; n <= 20; n++, at += between(seed, `gap ${n}`, 1_300, 3_200)) {
    const id = `q-${String(n).padStart(2, '0')}`;
    const unanswerable = n === 1 + between(seed, 'unanswerable', 0, 2);
    const hangs = n % 8 === 4 && { hangsMs: between(seed, `hangs ${id}`, 13_000, 16_000) };
    questions.push({
      at,
      id,
      tenant: pick(seed, `tenant ${id}`, TENANTS),
      text: pick(seed, `text ${id}`, ['Where is my refund?', 'Can I change my address?', 'Why was I charged?']),
      lastsMs: unanswerable || hangs ? 4_000 : between(seed, `lasts ${id}`, 5_000, 12_000),
      ...hangs,
      ...(unanswerable && { unanswerable }),
    });
  }
  const kills = [10_000, 36_000].flatMap((from, round) =>
    Array.from({ length: INSTANCES }, (_, instance) => ({
      at: from + instance * 4_500 + between(seed, `kill ${round} ${instance}`, 0, 2_500),
      instance,
    })),
  );
  return { questions, kills, until: 120_000 };
}

/** The same night from its recording. */
export function recordedNight({ events, at }: Recording): DeployNight {
  const all = (type: string) => events.filter((event) => event.type === type);
  return {
    ...deployNight(RECORDED_SEED),
    questions: all('QuestionSubmitted').map((event) => ({
      ...(event.data['question'] as QueuedQuestion),
      at: at(event),
      event: event.id,
    })),
    kills: all('InstanceStopped').map((event) => ({
      at: at(event),
      instance: Number(String(event.data['instance']).split(' ')[1]) - 1,
      event: event.id,
    })),
  };
}

/** What became of one question. */
export interface Outcome extends QueuedQuestion {
  acknowledged: boolean;
  tries: number;
  /** Workers that were told that their answer counts. */
  answered: string[];
}

/** `factories`: one for each process there will be. */
export async function playDeployNight(
  scene: DeployNight,
  { clock, history }: Run,
  schema: string,
  factories: readonly CreateJobQueue[],
): Promise<{ world: QueueWorld; outcomes: Outcome[] }> {
  const world = new QueueWorld(schema, POLICY);
  const outcomes = new Map<string, Outcome>();
  const note = (stream: string, type: string, data: object) => void history.record({ stream, type, data });
  const instances: Instance[] = [];
  let started = 0;
  const start = (n: number) => {
    const factory = factories[started++];
    const name = `instance ${n + 1}`;
    if (factory) instances[n] = new Instance(world.process(name, factory), outcomes, note);
  };
  for (let n = 0; n < INSTANCES; n++) start(n);

  const kill = (n: number) => {
    const name = `instance ${n + 1}`;
    note(name, 'InstanceStopped', { instance: name });
    void instances[n]?.kill();
    setTimeout(() => {
      note(name, 'InstanceStarted', { instance: name });
      start(n);
    }, BACK_AFTER_MS);
  };
  const submit = (question: QueuedQuestion, n: number) => {
    const { at, event, ...asked } = question;
    outcomes.set(question.id, { ...question, acknowledged: false, tries: 0, answered: [] });
    note(question.id, 'QuestionSubmitted', { question: asked });
    const up = [0, 1, 2, 3].map((offset) => instances[(n + offset) % INSTANCES]).find((one) => one?.alive());
    void up?.accept(question);
  };
  arriveInTurn(
    [
      ...scene.questions.map((question, n) => ({ at: question.at, happen: () => submit(question, n) })),
      ...scene.kills.map(({ at, instance }) => ({ at, happen: () => kill(instance) })),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(scene.until);
  return { world, outcomes: [...outcomes.values()] };
}

type Note = (stream: string, type: string, data: object) => void;

/** Takes questions in and answers them, with `LOOPS` workers. */
class Instance {
  readonly #process: QueueProcess;
  readonly #outcomes: ReadonlyMap<string, Outcome>;
  readonly #note: Note;
  #idle: (() => void)[] = [];

  constructor(process: QueueProcess, outcomes: ReadonlyMap<string, Outcome>, note: Note) {
    this.#process = process;
    this.#outcomes = outcomes;
    this.#note = note;
    for (let n = 0; n < LOOPS; n++) void this.#workOff(`${process.name}, worker ${n + 1}`);
    this.#poll();
  }

  alive = (): boolean => this.#process.alive();
  kill = (): Promise<void> => this.#process.kill();

  async accept({ id, tenant, text }: QueuedQuestion): Promise<void> {
    await this.#process.queue.enqueue({ id, tenant, payload: { text } });
    const outcome = this.#outcomes.get(id);
    if (outcome) outcome.acknowledged = true;
    this.#note(id, 'QuestionAcknowledged', { question: id, instance: this.#process.name });
    this.#wakeOne();
  }

  #poll(): void {
    if (!this.alive()) return;
    this.#wakeOne();
    setTimeout(() => this.#poll(), POLL_MS);
  }

  #wakeOne(): void {
    this.#idle.shift()?.();
  }

  async #workOff(worker: string): Promise<void> {
    for (;;) {
      await new Promise<void>((awake) => this.#idle.push(awake));
      for (;;) {
        const claim = await this.#process.queue.claim(worker);
        const outcome = claim && this.#outcomes.get(claim.id);
        if (!claim || !outcome) break;
        this.#wakeOne(); // there may be more
        await this.#answer(claim, outcome);
      }
    }
  }

  async #answer(claim: Claim, outcome: Outcome): Promise<void> {
    const { queue } = this.#process;
    const { id, worker, attempt } = claim;
    outcome.tries++;
    this.#note(id, 'JobTaken', { question: id, worker, attempt });
    if (outcome.hangsMs && outcome.tries === 1) await this.#wait(outcome.hangsMs);
    const beat = setInterval(() => this.alive() && void queue.heartbeat(claim), 0.45 * POLICY.leaseMs);
    await this.#wait(outcome.lastsMs);
    clearInterval(beat);
    if (outcome.unanswerable) {
      await queue.fail(claim, 'no model can answer it');
      this.#note(id, 'JobGivenBack', { question: id, worker });
      return;
    }
    const counts = await queue.complete(claim, { text: `answer to ${outcome.text}`, by: worker });
    if (counts) outcome.answered.push(worker);
    this.#note(id, 'AnswerHandedIn', { question: id, worker, counts });
  }

  async #wait(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (!this.alive()) await new Promise(() => {});
  }
}
