import type { Recorder } from '#kit/events.ts';
import { roll } from '#kit/seeded.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';
import type { Source } from '../answering.ts';
import { createAnswerdesk } from '../app.ts';
import { defaults } from '../defaults.ts';
import type { Queue } from '../job-log.ts';
import type { Seams } from '../seams.ts';
import { settings } from '../settings.ts';
import { type AskingScene, arriveInTurn } from './asking.ts';
import { providerOverHttp } from './provider-http.ts';
import { askOverHttp, reindexOverHttp } from './users.ts';

/** Records something; the id comes back as the cause of what follows. */
export type Note = (stream: string, type: string, data: object, causationId?: number) => number;

/** A slow or failing source: from `from` until `to` a share of its look-ups takes `latencyMs` or fails. */
export interface SourceFault {
  source: string;
  from: number;
  to: number;
  share: number;
  latencyMs?: number;
}

export interface World extends AskingScene {
  sourceFaults: readonly SourceFault[];
  reindexes: readonly { at: number; tenant: string; units: number }[];
}

const SOURCES = ['handbook', 'tickets', 'plans', 'status-page', 'history'] as const;

/** Plays a world through Answerdesk over HTTP, with the given seams, and records what happens. */
export async function playWorld(
  world: World,
  seams: Partial<Seams>,
  clock: VirtualClock,
  recorder: Recorder,
): Promise<void> {
  const start = clock.now();
  const now = () => clock.now() - start;
  const note: Note = (stream, type, data, causationId) =>
    recorder.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });

  const provider = providerOverHttp(world, settings.providerUrl, now, ({ type, ...data }) =>
    note('provider', type, data),
  );
  const sources = SOURCES.map((name) => source(name, world, now, note));
  const emit = ({ type, data }: { type: string; data: object }) => void note('answerdesk', type, data);
  const app = createAnswerdesk({ ...defaults, ...seams }, settings, {
    fetch: provider.fetch,
    queue: atLeastOnce(world.seed),
    sources,
    emit,
  });
  try {
    await app.ready();
    const faults = world.faults.flatMap(({ from, to, ...what }, n) => [
      { at: from, happen: () => void note('provider', 'ProviderFaultBegan', { fault: n + 1, ...what }) },
      { at: to, happen: () => void note('provider', 'ProviderFaultEnded', { fault: n + 1 }) },
    ]);
    const questions = world.arrivals.map((arrival) => ({
      at: arrival.at,
      happen: () => askOverHttp(app, arrival, note),
    }));
    const reindexes = world.reindexes.map(({ at, tenant, units }) => {
      const names = Array.from({ length: units }, (_, n) => `${tenant}-${n + 1}`);
      return { at, happen: () => reindexOverHttp(app, tenant, names, note) };
    });
    arriveInTurn([...faults, ...questions, ...reindexes], ({ happen }) => happen());
    await clock.advance(world.until);
  } finally {
    provider.close();
    await app.close();
  }
}

/** One event in ten is handed over again half a minute later: its acknowledgement was lost. */
function atLeastOnce(seed: number): Queue {
  return (event, handle) => {
    handle(event);
    if (roll(seed, `acknowledged ${event.id}`) < 0.1) setTimeout(() => handle({ ...event }), 30_000);
  };
}

function source(name: string, { seed, sourceFaults }: World, now: () => number, note: Note): Source {
  return {
    name,
    required: false,
    find: (question, signal) =>
      new Promise((resolve, reject) => {
        const at = now();
        const hit = sourceFaults.find(
          (fault) =>
            fault.source === name &&
            at >= fault.from &&
            at < fault.to &&
            roll(seed, `${name} ${question.id}`) < fault.share,
        );
        const timer = setTimeout(
          () => {
            if (!hit || hit.latencyMs !== undefined) return resolve(`${name} on ${question.id}`);
            note('sources', 'SourceFailed', { source: name, question: question.id });
            reject(new Error(`${name} is not reachable`));
          },
          hit?.latencyMs ?? 5 + Math.floor(30 * roll(seed, `${name} ${question.id} ms`)),
        );
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        });
      }),
  };
}
