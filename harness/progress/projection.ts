import { evolve } from './evolve.ts';
import type { ChainedEvent, ChainHead } from './learning-events.ts';
import { nobody, type Standing } from './standing.ts';

/** A pure fold over a stream. A change to what it computes is a new `version`, which makes old checkpoints void. */
export interface Projection<State, Event> {
  name: string;
  version: number;
  initial: State;
  evolve(state: State, event: Event): State;
}

/** How far a projection has come. Plain JSON. */
export interface Checkpoint<State> {
  projection: string;
  version: number;
  /** The last event that is in it. */
  head: ChainHead;
  state: State;
}

export const standingProjection: Projection<Standing, ChainedEvent> = {
  name: 'standing',
  version: 3,
  initial: nobody,
  evolve,
};

export function fromZero<State>(
  { name, version, initial }: Projection<State, ChainedEvent>,
  start: ChainHead,
): Checkpoint<State> {
  return { projection: name, version, head: start, state: initial };
}

/** The checkpoint after these events, which follow it. Does not verify them: see `verifyChain`. */
export function advance<State>(
  projection: Projection<State, ChainedEvent>,
  from: Checkpoint<State>,
  events: readonly ChainedEvent[],
): Checkpoint<State> {
  const last = events.at(-1);
  if (!last) return from;
  const { n, hash } = last.metadata;
  return { ...from, head: { n, hash }, state: events.reduce(projection.evolve, from.state) };
}

/** What a kept checkpoint's text says, or undefined where it is broken or of another projection or version. */
export function readCheckpoint<State>(
  { name, version }: Projection<State, ChainedEvent>,
  text: string,
): Checkpoint<State> | undefined {
  try {
    const found = JSON.parse(text) as Checkpoint<State>;
    const whole = typeof found.head?.hash === 'string' && Number.isInteger(found.head.n) && found.state;
    return found.projection === name && found.version === version && whole ? found : undefined;
  } catch {
    return undefined;
  }
}
