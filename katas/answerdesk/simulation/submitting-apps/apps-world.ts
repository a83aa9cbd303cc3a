import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder } from '#kit/events.ts';
import { between, roll } from '#kit/seeded.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';
import { defaults } from '../../defaults.ts';
import type { Answer } from '../../domain.ts';
import { httpProvider } from '../../http-provider.ts';
import { createMeter } from '../../metering.ts';
import { type Bill, createQuestionWorker } from '../../question-worker.ts';
import type { CommandEntry, CommandJournal } from '../../seams/command.ts';
import type { AnswerConfig } from '../../seams/singletons.ts';
import type { Seams } from '../../seams.ts';
import { settings } from '../../settings.ts';
import type { SqlPort } from '../../sql-port.ts';
import { createSubmissions } from '../../submissions.ts';
import { arriveInTurn } from '../asking.ts';
import { providerOverHttp } from '../provider-http.ts';
import type { ProviderWorld } from '../provider-model.ts';
import type { Note } from '../world.ts';
import { type AppQuestion, send } from './app-client.ts';
import { Queue, type QueueWorld } from './queue.ts';

/** A morning of the apps. Times in milliseconds since it began. */
export interface AppsWorld extends ProviderWorld, QueueWorld {
  questions: readonly AppQuestion[];
  /** When each worker is stopped and another one begins in its place. */
  restarts: readonly { at: number; worker: number; backAfterMs: number }[];
  workers: number;
  until: number;
}

const ANSWER_WITHIN_MS = 25_000;

/** Plays a morning through Answerdesk's submissions and its workers, with the given seams, and records what happens. */
export async function playApps(
  world: AppsWorld,
  seams: Partial<Seams>,
  sql: SqlPort,
  clock: VirtualClock,
  recorder: Recorder,
): Promise<void> {
  const note: Note = (stream, type, data, causationId) =>
    recorder.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });
  const start = clock.now();
  const provider = providerOverHttp(
    world,
    settings.providerUrl,
    () => clock.now() - start,
    ({ type, ...data }) => note('provider', type, data),
    // No two generations say the same in the same words.
    ({ id, model }, call) => `${model} on ${id}, draft ${call}`,
  );
  const { ask } = httpProvider(provider.fetch, settings.providerUrl, createMeter());
  const every = { ...defaults, ...seams };
  const parts = Array.from({ length: world.workers }, (_, n) => partOf(n + 1, world, every, { ask, sql, note }));
  try {
    for (const part of parts) await part.app.ready();
    const questions = world.questions.map((question) => {
      const { app } = parts[between(0, question.tenant, 0, parts.length - 1)] as Part;
      return { at: question.at, happen: () => send(app, question, note) };
    });
    const restarts = world.restarts.map(({ at, worker, backAfterMs }) => ({
      at,
      happen: () => (parts[worker - 1] as Part).restart(backAfterMs),
    }));
    arriveInTurn([...questions, ...restarts], ({ happen }) => happen());
    await clock.advance(world.until);
    for (const { bills } of parts) {
      for (const [tenant, micros] of bills) note('bills', 'BillDrawn', { tenant, micros });
    }
  } finally {
    provider.close();
    for (const part of parts) await part.app.close();
  }
}

type Part = ReturnType<typeof partOf>;

/** What serves some of the tenants: an API, a queue, and the one worker that takes from it. */
function partOf(
  number: number,
  { seed, ...world }: AppsWorld,
  seams: Seams,
  { ask, sql, note }: { ask: ReturnType<typeof httpProvider>['ask']; sql: SqlPort; note: Note },
) {
  const queue = new Queue(`m${number}`, { ...world, seed }, note);
  const journal = memoryJournal();
  const bills = new Map<string, number>();
  const answers = new Map<string, Answer>();
  const waiting = new Map<string, ((answer: Answer) => void)[]>();
  let lives = 0;
  let loads = 0;

  /** Two replicas hold the configuration, and one of them is behind. The first load of all fails. */
  async function load(): Promise<AnswerConfig> {
    const nth = ++loads;
    await sleep(100 + Math.floor(400 * roll(seed, `load ${number} ${nth}`)));
    if (nth === 1 && number === 1) throw new Error('the configuration is not reachable');
    const behind = roll(seed, `replica ${number} ${nth}`) < 0.5;
    note('configuration', 'ConfigurationRead', { worker: number, version: behind ? 7 : 8 });
    return { version: behind ? 7 : 8, model: 'sol-large', promptVersion: behind ? 31 : 32 };
  }

  function answered(commandId: string): Promise<Answer> {
    const answer = answers.get(commandId);
    if (answer) return Promise.resolve(answer);
    return new Promise((resolve, reject) => {
      waiting.set(commandId, [...(waiting.get(commandId) ?? []), resolve]);
      setTimeout(() => reject(new Error(`no answer to ${commandId}`)), ANSWER_WITHIN_MS);
    });
  }

  function processOf(role: 'api' | 'worker') {
    const life = role === 'worker' ? ++lives : 0;
    const emit = ({ type, data }: { type: string; data: object }) => void note(`${role}-${number}`, type, data);
    return createQuestionWorker(seams, settings, {
      enqueue: queue.put,
      journal,
      load,
      // The provider knows a question by what it says, not by the id that we give it.
      ask: (question, options) => ask({ ...question, id: idIn(question.text) }, options),
      bill: billOf(bills),
      deliver: async (commandId, answer, { version }) => {
        const question = idIn(answer.text);
        note(`question-${question}`, 'AnswerShown', {
          question,
          worker: number,
          life,
          config: version,
          text: answer.text,
        });
        answers.set(commandId, answer);
        for (const resolve of waiting.get(commandId) ?? []) resolve(answer);
        waiting.delete(commandId);
      },
      sql,
      emit,
    });
  }

  const api = processOf('api');
  const app = createSubmissions(seams, settings, {
    bus: api.bus,
    answered,
    sql,
    emit: ({ type, data }) => void note(`api-${number}`, type, data),
  });
  queue.attach(processOf('worker').take);

  return {
    app,
    bills,
    restart: async (backAfterMs: number) => {
      note('deploy', 'WorkerStopped', { worker: number });
      await queue.detach();
      await sleep(backAfterMs);
      queue.attach(processOf('worker').take);
      note('deploy', 'WorkerStarted', { worker: number });
    },
  };
}

/** Every question of a world has its id in its text. */
const idIn = (text: string) => /q-\d+/.exec(text)?.[0] ?? text;

function memoryJournal(): CommandJournal {
  const lines: string[] = [];
  return {
    read: async () => lines.map((line) => JSON.parse(line) as CommandEntry),
    append: async (entry) => void lines.push(JSON.stringify(entry)),
  };
}

/** Each process's bill refuses writes of a holder whose turn is over. */
function billOf(bills: Map<string, number>): Bill {
  const latest = new Map<string, number>();
  return {
    read: async (tenant) => {
      await sleep(20);
      return bills.get(tenant) ?? 0;
    },
    write: async (tenant, micros, token) => {
      await sleep(20);
      if (token < (latest.get(tenant) ?? 0)) throw new Error(`token ${token} is older than ${latest.get(tenant)}`);
      latest.set(tenant, token);
      bills.set(tenant, micros);
    },
  };
}
