import { createHash } from 'node:crypto';
import { canonical, type Json } from './canonical.ts';
import type { ChainedEvent, ChainHead, DraftEvent } from './learning-events.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** The head of an empty chain. It holds the stream's name, so that one learner's history isn't taken for another's. */
export function genesis(stream: string): ChainHead {
  return { n: 0, hash: sha256(`incident-katas ${stream}`) };
}

export function headOf(events: readonly ChainedEvent[], before: ChainHead): ChainHead {
  const last = events.at(-1);
  return last ? { n: last.metadata.n, hash: last.metadata.hash } : before;
}

/** Gives each draft its place after `head`: its number, the hash before it, and its own over all that it says. */
export function link(drafts: readonly DraftEvent[], head: ChainHead): ChainedEvent[] {
  let { n, hash: previous } = head;
  return drafts.map((draft) => {
    n++;
    const event = { ...draft, metadata: { ...draft.metadata, n, previous, hash: '' } } as ChainedEvent;
    event.metadata.hash = hashOf(event);
    previous = event.metadata.hash;
    return event;
  });
}

/** Over everything in the event but the hash itself. */
export function hashOf({ id, type, data, metadata }: ChainedEvent): string {
  const { hash: _, ...said } = metadata;
  return sha256(canonical({ id, type, data, metadata: said } as unknown as Json));
}

/** How a history was tampered with. */
export type BreachKind = 'edited' | 'reordered' | 'cut' | 'repeated' | 'rewritten' | 'foreign';

export interface Breach {
  kind: BreachKind;
  /** The event that shows it; for a cut the first one that is missing. */
  n: number;
  /** One sentence for people. */
  says: string;
}

/** `head`: the last event's own word of where it stands. */
export type ChainReport = { intact: true; head: ChainHead } | { intact: false; head: ChainHead; breach: Breach };

/** A head that somebody kept elsewhere, and where. */
export interface Witness extends ChainHead {
  from: string;
}

/**
 * Verifies a whole history, or what follows `start`: each event against its hash, each against the one before, and the
 * whole against heads that were kept elsewhere, without which a history could be written anew from any point.
 */
export function verifyChain(
  events: readonly ChainedEvent[],
  start: ChainHead,
  witnesses: readonly Witness[] = [],
): ChainReport {
  const head = headOf(events, start);
  let before = start;
  for (const [place, event] of events.entries()) {
    const { n, previous, hash } = event.metadata;
    if (hashOf(event) !== hash) {
      return { intact: false, head, breach: { kind: 'edited', n, says: `event ${n} (${event.type}) was edited` } };
    }
    if (n !== before.n + 1 || previous !== before.hash) {
      return { intact: false, head, breach: misplaced(event, before, start, events.slice(place + 1)) };
    }
    before = { n, hash };
  }
  const breach = against(witnesses, events, start);
  return breach ? { intact: false, head, breach } : { intact: true, head };
}

/** Why this event can't stand after `before`. */
function misplaced(
  { metadata: { n }, type }: ChainedEvent,
  before: ChainHead,
  start: ChainHead,
  later: readonly ChainedEvent[],
): Breach {
  const expected = before.n + 1;
  if (n === expected && n === start.n + 1)
    return { kind: 'foreign', n, says: `event ${n} (${type}) is not the beginning of this learner's history` };
  if (n === expected)
    return { kind: 'rewritten', n, says: `event ${n} (${type}) was written after another event ${n - 1}` };
  if (n <= before.n) return { kind: 'repeated', n, says: `event ${n} (${type}) is there twice` };
  if (later.some(({ metadata }) => metadata.n === expected))
    return { kind: 'reordered', n, says: `event ${n} (${type}) stands before event ${expected}` };
  const missing = n - 1 === expected ? `event ${expected} is` : `events ${expected} to ${n - 1} are`;
  return { kind: 'cut', n: expected, says: `${missing} missing` };
}

function against(witnesses: readonly Witness[], events: readonly ChainedEvent[], start: ChainHead): Breach | undefined {
  for (const { n, hash, from } of witnesses) {
    if (n < start.n) continue;
    const found = n === start.n ? start.hash : events[n - start.n - 1]?.metadata.hash;
    if (found === hash) continue;
    const last = start.n + events.length;
    if (found === undefined) {
      const missing = n - 1 === last ? `event ${n} is` : `events ${last + 1} to ${n} are`;
      return { kind: 'cut', n: last + 1, says: `${missing} missing: ${from} vouches for ${n}` };
    }
    return { kind: 'rewritten', n, says: `event ${n} is another than ${from} vouches for` };
  }
  return undefined;
}
