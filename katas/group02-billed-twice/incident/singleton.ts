import type { RecordedEvent, Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { RECORDED_SEED } from './script.ts';

/** A question that a worker takes. Times in milliseconds since the scene began. */
export interface Taken {
  at: number;
  worker: number;
  question: string;
  tenant: string;
  /** The ledger doesn't answer the write of its bill for this long. */
  ledgerHangsMs?: number;
  event?: number;
}

/** Two workers begin in a deploy, while the configuration is being moved from one version to the next. */
export interface Start {
  seed: number;
  taken: readonly Taken[];
  /** From when the store gives the new version. */
  movedAt: number;
  /** When both workers are told to load it anew, and until when the store fails after that. */
  reloadAt: number;
  storeDownUntil: number;
  until: number;
}

export const OLD = 7;
export const NEW = 8;
export const WORKERS = [1, 2] as const;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;

/** Many questions wait for each worker when it begins; then one comes now and then. */
export function start(seed: number): Start {
  const movedAt = between(seed, 'moved', 90, 200);
  const reloadAt = between(seed, 'reload', 18_000, 22_000);
  const taken = WORKERS.flatMap((worker) =>
    Array.from({ length: 40 }, (_, n): Taken => {
      const question = `q-${worker}-${n + 1}`;
      const at =
        n < 16 ? between(seed, `at ${question}`, 0, 600) : Math.floor(1_500 * (n - 15) + 900 * roll(seed, question));
      return { at, worker, question, tenant: pick(seed, `tenant ${question}`, TENANTS) };
    }),
  );
  // One of the early ones: everything of its tenant comes after it.
  const hung = between(seed, 'hung', 2, 10);
  return {
    seed,
    taken: taken.map((one, n) => (n === hung ? { ...one, ledgerHangsMs: 3_600_000 } : one)),
    movedAt,
    reloadAt,
    storeDownUntil: reloadAt + between(seed, 'down', 3_000, 6_000),
    until: 75_000,
  };
}

/** The scene from its recording. */
export function recordedStart({ events, at }: Recording): Start {
  const only = (type: string) => at(events.find((event) => event.type === type) as RecordedEvent);
  const taken = events
    .filter(({ type }) => type === 'QuestionTaken')
    .map((event) => ({ at: at(event), event: event.id, ...(event.data as unknown as Omit<Taken, 'at'>) }));
  const movedAt = only('ConfigurationMoved');
  const reloadAt = only('ReloadAsked');
  return { ...start(RECORDED_SEED), taken, movedAt, reloadAt, storeDownUntil: only('ConfigurationStoreRecovered') };
}

/** How long the nth load of a worker takes. */
export const loadMs = (seed: number, worker: number, nth: number): number =>
  between(seed, `load ${worker} ${nth}`, 150, 900);
