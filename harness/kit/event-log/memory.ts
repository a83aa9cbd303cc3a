import type { EventLog, EventToAppend, Expected, LoggedEvent } from './port.ts';
import { checked, wrongExpectedRevision } from './rules.ts';

/** Positions have gaps, as in a log of bytes: nobody should count by them. */
const GAP = 64;

/** An event log that is gone with the scene; the same appends give the same log. */
export function memoryEventLog(): EventLog {
  const all: LoggedEvent[] = [];
  const streams = new Map<string, LoggedEvent[]>();
  return {
    append: async (stream, events, { expected = 'any' } = {}) => {
      const proposed = checked(stream, events);
      const there = streams.get(stream) ?? [];
      const outcome = decide(there, proposed, expected);
      if (outcome === 'refused') throw wrongExpectedRevision(stream, expected, there.length - 1);
      if (outcome !== 'append') return { revision: outcome.revision };
      for (const { id, type, data, metadata } of proposed) {
        const place = { stream, revision: there.length, position: (all.length + 1) * GAP };
        const event = { id: id ?? numberedId(all.length + 1), ...place, type, data, metadata };
        there.push(event);
        all.push(event);
      }
      streams.set(stream, there);
      return { revision: there.length - 1 };
    },
    read: async (stream, { from = 0, limit = Infinity } = {}) =>
      copies((streams.get(stream) ?? []).slice(from, from + limit)),
    readAll: async ({ after = 0, limit = Infinity } = {}) =>
      copies(all.filter(({ position }) => position > after).slice(0, limit)),
  };
}

/**
 * As the store decides: an append whose events are already there, where it would have put them, is done and not
 * repeated; one of which only a part is there is refused.
 */
function decide(
  there: readonly LoggedEvent[],
  proposed: readonly EventToAppend[],
  expected: Expected,
): 'append' | 'refused' | { revision: number } {
  const last = there.length - 1;
  if (expected === 'exists' && last === -1) return 'refused';
  const expectedLast = expected === 'none' ? -1 : expected;
  if (expectedLast === last) return 'append';
  const known = there.findIndex(({ id }) => id === proposed[0]?.id);
  const first = typeof expectedLast === 'number' ? expectedLast + 1 : known;
  if (first === -1) return 'append';
  const repeated = proposed.every(({ id }, n) => id !== undefined && there[first + n]?.id === id);
  return repeated ? { revision: first + proposed.length - 1 } : 'refused';
}

const numberedId = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const copies = (events: LoggedEvent[]) => structuredClone(events);
