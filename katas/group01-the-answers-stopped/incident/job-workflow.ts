import type { RecordedEvent } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';

/** The long answers of the morning: questions that need the tenant's whole history, done by a worker from a queue. */
export interface LongAnswers {
  seed: number;
  jobs: readonly LongAnswerJob[];
  /** When the worker ran out of memory; another takes over `RESTART_MS` later, with the jobs that weren't done. */
  kills: readonly { at: number; event?: number }[];
  /** How long a draft takes meanwhile, instead of 4 s. */
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
export const RESTART_MS = 2_000;

const MINUTE = 60_000;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** sol-large climbs to 45 s. Waiting jobs fill the worker's memory: it is killed again and again. */
export function longAnswers(seed: number): LongAnswers {
  const jobs: LongAnswerJob[] = [];
  for (let at = 3_000, n = 1; at < 10 * MINUTE; at += between(seed, `gap ${n}`, 8_000, 20_000), n++) {
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
export function recordedLongAnswers({
  events,
  at,
}: {
  events: RecordedEvent[];
  at: (event: RecordedEvent) => number;
}): LongAnswers {
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

/** How long (ms) a step of a long answer takes that begins at `at`. */
export function stepMs({ seed, slow }: LongAnswers, step: string, job: string, at: number): number {
  const usual: Record<string, number> = { reserve: 80, retrieve: 900, history: 1_400, draft: 4_000, check: 1_200 };
  const brownOut = step === 'draft' ? slow.find(({ from, to }) => at >= from && at < to) : undefined;
  const spread = 0.85 + 0.3 * roll(seed, `${step} ${job} ${Math.floor(at / 1000)}`);
  return Math.round((brownOut?.latencyMs ?? usual[step] ?? 100) * spread);
}
