import type { Gathered, GatherParts, Part, PartEvent, RequiredPartMissing } from '../seams/partial-result.ts';

/** A source of one part: when it answers (ms after it was asked), and with what. */
export interface Source {
  name: string;
  required?: boolean;
  after: number;
  /** A value as JSON, `null` or `undefined` for nothing; or a failure that is thrown. */
  comes: { value: unknown } | { failure: Error };
  /** It doesn't listen when it is told to stop. */
  stubborn?: boolean;
}

export interface Load {
  name: string;
  at: number;
  /** When the source answered; absent while it hasn't, or when it was told to stop before. */
  endedAt?: number;
  stoppedAt?: number;
}

/** What became of one gathering. Times in milliseconds of the clock it was played on. */
export interface Gathering {
  sources: readonly Source[];
  deadlineMs: number;
  at: number;
  endedAt?: number;
  /** The result as it was when it was given. */
  gathered?: Gathered<unknown>;
  /** The same object as the caller holds it. */
  held?: Gathered<unknown>;
  failure?: Partial<RequiredPartMissing> & Error;
  loads: Load[];
  updates: { at: number; name: string; value: unknown; beforeResult: boolean }[];
  events: (PartEvent & { at: number })[];
}

const asJson = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

/** Begins to gather; what comes of it is noted as time passes. */
export function gather(
  gatherParts: GatherParts,
  sources: readonly Source[],
  deadlineMs: number,
  now: () => number,
  noted: { ended?: (gathering: Gathering) => void; updated?: (part: string) => void } = {},
): Gathering {
  const gathering: Gathering = { sources, deadlineMs, at: now(), loads: [], updates: [], events: [] };
  const end = (how: Partial<Gathering>) => {
    Object.assign(gathering, how, { endedAt: now() });
    noted.ended?.(gathering);
  };
  const ports = {
    emit: (event: PartEvent) => void gathering.events.push({ ...structuredClone(event), at: now() }),
    deliverLate: ({ name, value }: { name: string; value: unknown }) => {
      gathering.updates.push({ at: now(), name, value: asJson(value), beforeResult: gathering.endedAt === undefined });
      noted.updated?.(name);
    },
  };
  const run = async () =>
    gatherParts<unknown>(
      ports,
      sources.map((source) => part(source, gathering.loads, now)),
      deadlineMs,
    );
  run().then(
    (gathered) => end({ gathered: asJson(gathered), held: gathered }),
    (failure: Error) => end({ failure }),
  );
  return gathering;
}

function part(
  { name, required = false, after, comes, stubborn = false }: Source,
  loads: Load[],
  now: () => number,
): Part<unknown> {
  const load = (signal: AbortSignal) => {
    const one: Load = { name, at: now() };
    loads.push(one);
    return new Promise<unknown>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        one.stoppedAt = now();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        one.endedAt = now();
        if ('failure' in comes) reject(comes.failure);
        else resolve(structuredClone(comes.value));
      }, after);
      if (stubborn) return;
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  };
  return { name, required, load };
}
