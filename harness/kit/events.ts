import { readFileSync } from 'node:fs';

/** When every scene and recording begins, in ms since the epoch: 3 March 2026, 09:41 UTC. */
export const SCENE_START = Date.UTC(2026, 2, 3, 9, 41);

/** One thing that happened. `data` is plain JSON; `id` counts from 1 within a recording. */
export interface RecordedEvent<Type extends string = string, Data = Record<string, unknown>> {
  id: number;
  stream: string;
  /** Position in its stream, from 0. */
  revision: number;
  type: Type;
  /** ISO 8601, UTC, with milliseconds. */
  time: string;
  data: Data;
  metadata: { correlationId: string; causationId: number | null };
}

export interface EventToRecord {
  stream: string;
  type: string;
  data: object;
  /** Default: the stream. */
  correlationId?: string;
  causationId?: number;
}

/** Keeps what happened, in order, as copies: changing an object after it was recorded changes nothing here. */
export class Recorder {
  readonly events: RecordedEvent[] = [];
  readonly #revisions = new Map<string, number>();

  /** Records the event at the present (virtual) time and returns its id. */
  record = ({ stream, type, data, correlationId = stream, causationId }: EventToRecord): number => {
    const revision = this.#revisions.get(stream) ?? 0;
    this.#revisions.set(stream, revision + 1);
    const id = this.events.length + 1;
    // Events are plain JSON; this is ten times as fast as structuredClone.
    const copy = JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
    const metadata = { correlationId, causationId: causationId ?? null };
    this.events.push({ id, stream, revision, type, time: new Date().toISOString(), data: copy, metadata });
    return id;
  };
}

/** JSON lines, one event each, keys in the order of `RecordedEvent`: the same history gives the same bytes. */
export function toJsonLines(events: readonly RecordedEvent[]): string {
  return events
    .map(({ id, stream, revision, type, time, data, metadata }) =>
      JSON.stringify({ id, stream, revision, type, time, data, metadata }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** A recording as scenes are read from it. */
export interface Recording {
  events: RecordedEvent[];
  /** An event's time as suites have it: milliseconds since the scene began. */
  at: (event: RecordedEvent) => number;
}

/** Reads a recording of a scene that began at `startAt`. */
export function readRecording(file: URL, startAt = SCENE_START): Recording {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as RecordedEvent);
  return { events, at: ({ time }) => Date.parse(time) - startAt };
}
