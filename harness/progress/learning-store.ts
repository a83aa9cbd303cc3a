import type { ChainedEvent, CohortEvent } from './learning-events.ts';

/** What can stand in an event: plain JSON. */
export type EventJson =
  | null
  | boolean
  | number
  | string
  | readonly EventJson[]
  | { readonly [name: string]: EventJson };

/** The little of an event store that progress needs. */
export interface LearningStore {
  /** All events or none, durable when kept. Rejects with an error named WrongExpectedRevision where others were faster. */
  append(
    stream: string,
    events: readonly {
      id: string;
      type: string;
      data: EventJson;
      metadata: { readonly [name: string]: EventJson };
    }[],
    expected: number | 'any' | 'no_stream',
  ): Promise<{ revision: number }>;
  /** A stream that isn't there has no events. `from` is the first revision wanted. */
  read(
    stream: string,
    options?: { from?: number },
  ): AsyncIterable<{ id: string; revision: number; type: string; data: EventJson; metadata: object }>;
  readonly notices: readonly string[];
  close(): Promise<void>;
}

export type StoredCohortEvent = { id: string } & CohortEvent;

/** A learner's events from a revision on, each with its revision. */
export async function readLearner(
  store: LearningStore,
  stream: string,
  from = 0,
): Promise<{ events: ChainedEvent[]; revision: number | null }> {
  const events: ChainedEvent[] = [];
  let revision: number | null = null;
  for await (const stored of store.read(stream, { from })) {
    const { id, type, data, metadata } = stored;
    events.push({ id, type, data, metadata } as unknown as ChainedEvent);
    revision = stored.revision;
  }
  return { events, revision };
}

export async function readCohort(store: LearningStore, stream: string): Promise<StoredCohortEvent[]> {
  const events: StoredCohortEvent[] = [];
  for await (const { id, type, data } of store.read(stream)) {
    events.push({ id, type, data } as unknown as StoredCohortEvent);
  }
  return events;
}

export const isConflict = (error: unknown): boolean => error instanceof Error && error.name === 'WrongExpectedRevision';
