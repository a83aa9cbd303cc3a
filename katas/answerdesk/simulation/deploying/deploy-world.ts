import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { connectTo, type LogConnection } from '#kit/event-log/connection.ts';
import type { Recorder } from '#kit/events.ts';
import { between } from '#kit/seeded.ts';
import type { Connection, Database } from '#kit/sql/database.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';
import { createInstance, type Instance, type StateSeams } from '../../instance.ts';
import type { CanonicalQuestion } from '../../seams/channels.ts';
import { settings } from '../../settings.ts';
import { arriveInTurn } from '../asking.ts';
import type { Message as ChannelMessage } from '../channel-messages.ts';
import { Disk } from '../disk.ts';
import { keyRing } from '../key-ring.ts';
import type { Note } from '../world.ts';
import { Life } from './life.ts';
import { conversationStore, projectionStore } from './outside.ts';

/** A night with a deploy in it. Times in milliseconds since it began. */
export interface DeployWorld {
  seed: number;
  instances: number;
  messages: readonly { at: number; message: ChannelMessage; rated: boolean }[];
  /** Each says all its turns, one after the other's answer. */
  conversations: readonly { at: number; tenant: string; id: string; turns: readonly string[] }[];
  /** An instance is killed at that time, or at its nth statement after it. */
  kills: readonly { at: number; instance: number; statement?: number; backAfterMs: number }[];
  office: (desk: Office) => readonly { at: number; happen: () => Promise<void> }[];
  until: number;
}

/** What the people of the back office have. */
export interface Office {
  seed: number;
  note: Note;
  /** Any instance that is up, until one has done it. */
  at: <T>(what: string, work: (instance: Instance) => Promise<T>) => Promise<T>;
  log: Disk;
  /** Whether its asker has the answer. */
  answered: (question: string) => boolean;
  /** When a question's answer was priced, ISO 8601. */
  chargedAt: (question: string) => string;
  /** A process of its own, as a browser's tab is, on the seams as they are. */
  seams: () => Promise<StateSeams>;
}

interface Running {
  instance: Instance;
  life: Life;
  connection: Connection;
  log: LogConnection;
  /** Resolves in the midst of its nth statement from now on, or after a while if it has nothing to say. */
  midst: (n: number) => Promise<unknown>;
}

const LOOPS = 2;
/** A worker that found nothing to do looks again after this. */
const IDLE_MS = 5_000;

/** Plays a night on instances that are killed and started again, each of them a process that loads the seams anew. */
export async function playDeploy(
  world: DeployWorld,
  load: () => Promise<StateSeams>,
  database: Database,
  clock: VirtualClock,
  recorder: Recorder,
): Promise<void> {
  const night = new Night(world, load, database, recorder);
  for (let n = 0; n < world.instances; n++) await night.start(n);
  arriveInTurn(
    [
      ...world.messages.map(({ at, ...sent }) => ({ at, happen: () => night.ask(sent) })),
      ...world.conversations.map((conversation) => ({
        at: conversation.at,
        happen: () => night.converse(conversation),
      })),
      ...world.kills.map((kill) => ({ at: kill.at, happen: () => night.kill(kill) })),
      ...world.office(night.office),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(world.until);
}

class Night {
  readonly office: Office;
  readonly #world: DeployWorld;
  readonly #load: () => Promise<StateSeams>;
  readonly #database: Database;
  readonly #note: Note;
  readonly #log = new Disk();
  readonly #conversations = conversationStore();
  readonly #slots = projectionStore();
  readonly #keys: ReturnType<typeof keyRing>;
  readonly #running: (Running | undefined)[] = [];
  readonly #delivered = new Set<string>();
  readonly #mailed = new Set<string>();
  readonly #charged = new Map<string, string>();
  readonly #raw = new Map<string, unknown>();

  constructor(world: DeployWorld, load: () => Promise<StateSeams>, database: Database, recorder: Recorder) {
    this.#world = world;
    this.#load = load;
    this.#database = database;
    this.#keys = keyRing(world.seed);
    this.#note = (stream, type, data, causationId) =>
      recorder.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });
    this.office = {
      seed: world.seed,
      note: this.#note,
      log: this.#log,
      at: (what, work) => this.#anywhere(what, work),
      seams: load,
      answered: (question) => this.#isAnswered(question),
      chargedAt: (question) => this.#charged.get(question) ?? '',
    };
  }

  async start(n: number): Promise<void> {
    const name = `worker ${n + 1}`;
    const seams = await this.#load();
    const life = new Life();
    const statements = new Statements(this.#world.seed, name);
    const log = connectTo(this.#log);
    const connection = this.#database.connect({ name, before: statements.sent });
    const instance = createInstance(seams, settings, {
      name,
      // Ports of the database and of the log die with their connections.
      sql: connection.sql,
      log: log.log,
      keys: life.guard(this.#keys),
      conversations: { store: life.guard(this.#conversations), ...life.guard(this.#model()) },
      totals: { store: life.guard(this.#slots), ...life.guard(this.#mail()) },
      ...life.guard(this.#provider()),
      emit: ({ type, data }) => void (life.alive && this.#note(name, type, data)),
    });
    this.#running[n] = { instance, life, connection, log, midst: statements.midst };
    this.#note(name, 'WorkerStarted', { worker: n + 1 });
    for (let loop = 0; loop < LOOPS; loop++) void this.#workOff(instance, life);
    if (n === 0) void this.#project(instance, life);
  }

  async kill({ instance: n, statement, backAfterMs }: DeployWorld['kills'][number]): Promise<void> {
    const running = this.#running[n];
    if (!running) return;
    if (statement !== undefined) await running.midst(statement);
    this.#running[n] = undefined;
    running.life.kill();
    running.log.kill();
    await running.connection.kill();
    this.#note(`worker ${n + 1}`, 'WorkerKilled', { worker: n + 1, reason: 'SIGKILL' });
    await sleep(backAfterMs);
    await this.start(n);
  }

  async ask({ message: { channel, raw, facts }, rated }: Omit<DeployWorld['messages'][number], 'at'>): Promise<void> {
    const stream = `question-${facts.id}`;
    const sent = this.#note(stream, 'MessageSent', { question: facts.id, channel, tenant: facts.tenant });
    this.#raw.set(facts.id, raw);
    await this.#anywhere(facts.id, (instance) => instance.accept(channel, structuredClone(raw)));
    this.#note(stream, 'QuestionAccepted', { questionId: facts.id }, sent);
    if (!rated) return;
    await this.#answered(facts.id);
    const id = `${facts.id}/feedback`;
    const feedback = {
      id,
      answerId: `${facts.id}/answer`,
      stars: between(this.#world.seed, id, 1, 5),
      comment: 'thanks',
    };
    // They rate the answer while their client closes the question: two writers, and nothing to do with each other.
    await Promise.all([
      this.#insist(id, ({ records }) => records.create('feedback', feedback)),
      this.#insist(`${facts.id}/close`, async ({ records }) => {
        const open = await records.get('question', facts.id);
        if (open?.status === 'open') await records.change('question', facts.id, open.version, { status: 'closed' });
      }),
    ]);
    this.#note(stream, 'FeedbackGiven', { question: facts.id, stars: feedback.stars }, sent);
  }

  async converse({ tenant, id, turns }: DeployWorld['conversations'][number]): Promise<void> {
    for (const [n, text] of turns.entries()) {
      await sleep(between(this.#world.seed, `${id} ${n}`, 2_000, 20_000));
      const turn = { id: `${id}/${n + 1}`, tenant, conversation: id, text, edition: 'spring' };
      const answer = await this.#anywhere(turn.id, (instance) => instance.conversations.say(turn));
      const heard = answer.split(' / ').length;
      this.#note(`conversation-${id}`, 'TurnHeard', { turn: turn.id, heard, said: n + 1 });
    }
  }

  async #workOff(instance: Instance, life: Life): Promise<void> {
    while (life.alive) {
      const worked = await instance.workOnce();
      if (life.alive) await sleep(worked ? 50 : IDLE_MS);
    }
  }

  async #project(instance: Instance, life: Life): Promise<void> {
    while (life.alive) {
      await sleep(7_000);
      if (life.alive) await instance.totals.catchUp();
    }
  }

  /** Asks one instance after the other until one answers; who was asked may die over it. */
  async #anywhere<T>(what: string, work: (instance: Instance) => Promise<T>): Promise<T> {
    for (let n = 1; ; n++) {
      const up = this.#running.filter((running) => running !== undefined);
      const chosen = up[between(this.#world.seed, `${what} try ${n}`, 0, up.length - 1)];
      if (chosen) {
        const result = await Promise.race([
          work(chosen.instance).then((value) => ({ value })),
          chosen.life.ended.then(() => undefined),
        ]);
        if (result) return result.value;
        this.#note('gateway', 'RequestCut', { request: what });
      }
      await sleep(500);
    }
  }

  /** Tries again what was refused because its time has not come; what is there already was done by who died over it. */
  async #insist(what: string, work: (instance: Instance) => Promise<unknown>): Promise<void> {
    for (let n = 1; ; n++) {
      try {
        await this.#anywhere(`${what} ${n}`, work);
        return;
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'ALREADY_EXISTS') return;
        if (code !== 'RULE_BROKEN' && code !== 'VERSION_CONFLICT') throw error;
        await sleep(2_000);
      }
    }
  }

  async #answered(question: string): Promise<void> {
    while (!this.#isAnswered(question)) await sleep(200);
  }

  #isAnswered(question: string): boolean {
    return [...this.#delivered].some((key) => key.startsWith(`${question}/`));
  }

  #provider() {
    return {
      ask: async ({ id, text }: CanonicalQuestion) => {
        await sleep(between(this.#world.seed, `answer to ${id}`, 8_000, 26_000));
        this.#charged.set(id, new Date().toISOString());
        return {
          text: `on ${id}: ${text.length} letters`,
          tokens: between(this.#world.seed, `tokens ${id}`, 400, 1_600),
        };
      },
      deliver: async (key: string, to: unknown, { id, channel }: CanonicalQuestion, text: string) => {
        await sleep(between(this.#world.seed, `delivery ${key}`, 20, 120));
        if (this.#delivered.has(key)) return;
        this.#delivered.add(key);
        this.#note(`question-${id}`, 'AnswerReceived', { question: id, key, text });
        // The receiver's system takes what it sent as the address; in another shape it can't place it.
        if (!alike(to, this.#raw.get(id))) this.#note(`question-${id}`, 'MessageMangled', { question: id, channel });
      },
    };
  }

  #model() {
    return {
      handbook: async (tenant: string, edition: string) => `${tenant}, ${edition}`,
      complete: async (_handbook: string, messages: readonly { from: string; text: string }[]) => {
        await sleep(between(this.#world.seed, `model ${JSON.stringify(messages)}`, 800, 4_000));
        const asked = messages.filter(({ from }) => from === 'asker').map(({ text }) => text);
        return asked.join(' / ');
      },
    };
  }

  #mail() {
    return {
      sendMail: async (tenant: string, key: string) => {
        await sleep(30);
        if (this.#mailed.has(key)) return;
        this.#mailed.add(key);
        this.#note('mail', 'LimitMailSent', { tenant, key });
      },
    };
  }
}

/**
 * A process's statements on their way to the database. Each takes a few milliseconds, and while one is under way time
 * stands still: so who comes first is a matter of the seed. Holds the one in whose midst the process dies.
 */
class Statements {
  readonly #seed: number;
  readonly #process: string;
  #count = 0;
  #last = Infinity;
  #reached: (value?: unknown) => void = () => {};

  constructor(seed: number, process: string) {
    this.#seed = seed;
    this.#process = process;
  }

  readonly sent = async (): Promise<void> => {
    const nth = ++this.#count;
    await sleep(between(this.#seed, `${this.#process} statement ${nth}`, 1, 4));
    if (nth < this.#last) return;
    this.#reached();
    await new Promise(() => {});
  };

  readonly midst = (n: number): Promise<unknown> => {
    this.#last = this.#count + n;
    return new Promise((resolve) => {
      this.#reached = resolve;
      setTimeout(resolve, 5_000);
    });
  };
}

/** Equal as JSON, whatever the order of keys. */
const alike = (a: unknown, b: unknown): boolean => isDeepStrictEqual(asJson(a), asJson(b));
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');
