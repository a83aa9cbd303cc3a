import { type EventStore, revisionOf } from '../event-store.ts';
import type { StreamEntry } from '../log/event-index.ts';
import type { From, ReadRequest } from './read-request.ts';
import type { Revision } from './recorded-event.ts';

/** Where an event is that a reader may get. */
export interface Place {
  sequence: number;
  entry: StreamEntry;
  revision: Revision;
}

export interface Places {
  /** The next one; undefined where there is none (yet). */
  next: () => Place | undefined;
  /** Events that were stored before this are too old to be read. Milliseconds since 1970. */
  notBefore: number;
}

/** `missing` and `deleted` are of streams. */
export type Found = Places | 'missing' | 'deleted';

/** The places that a read of this moment passes. */
export function placesToRead(store: EventStore, request: ReadRequest): Found {
  const { stream, from, backwards } = request;
  if (stream === undefined) return placesInLog(store, from, backwards);
  const view = store.view(stream, Date.now());
  if (view.state !== 'there') return view.state;
  const { entry, first, last, notBefore } = view;
  let revision = startIn(from, backwards, last);
  revision = backwards ? Math.min(revision, last) : Math.max(revision, first);
  const step = backwards ? -1 : 1;
  return {
    notBefore,
    next: () => {
      if (revision < first || revision > last) return undefined;
      const place = { sequence: entry.sequences[revision] as number, entry, revision };
      revision += step;
      return place;
    },
  };
}

function startIn(from: From, backwards: boolean, last: number): number {
  if (from === 'start') return 0;
  return from === 'end' ? last + (backwards ? 0 : 1) : from;
}

/** Forwards the position's own event is the first; backwards the one before it is. */
function placesInLog(store: EventStore, from: From, backwards: boolean): Places {
  const { log } = store;
  const end = log.durableNext;
  const start = from === 'start' ? 1 : from === 'end' ? end : from;
  const sequence = backwards ? Math.min(start, end) - 1 : Math.max(start, 1);
  return walkLog(store, sequence, backwards ? -1 : 1, () => end);
}

function walkLog(store: EventStore, start: number, step: 1 | -1, end: () => number): Places {
  const { index } = store.log;
  let sequence = start;
  return {
    notBefore: 0,
    next: () => {
      if (sequence < 1 || sequence >= end()) return undefined;
      const entry = index.stream(sequence);
      const place = { sequence, entry, revision: revisionOf(entry, sequence) };
      sequence += step;
      return place;
    },
  };
}

/** The places that a subscription passes: it begins after `from`, and the next one may come at any time. */
export function placesToFollow(store: EventStore, { stream, from }: ReadRequest): () => Found {
  if (stream === undefined) {
    const start = from === 'start' ? 1 : from === 'end' ? store.log.durableNext : from + 1;
    const places = walkLog(store, start, 1, () => store.log.durableNext);
    return () => places;
  }
  let revision = typeof from === 'number' ? from + 1 : 0;
  if (from === 'end') {
    const entry = store.log.index.find(stream);
    if (entry !== undefined) revision = store.lastDurable(entry) + 1;
  }
  return () => {
    const view = store.view(stream, Date.now());
    if (view.state !== 'there') return view.state;
    const { entry, last, notBefore } = view;
    revision = Math.max(revision, view.first);
    return {
      notBefore,
      next: () => {
        if (revision > last) return undefined;
        revision += 1;
        return { sequence: entry.sequences[revision - 1] as number, entry, revision: revision - 1 };
      },
    };
  };
}
