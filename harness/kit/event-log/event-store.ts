import { randomBytes } from 'node:crypto';
import { holdTime } from '../virtual-time.ts';
import type { EventLog, LoggedEvent } from './port.ts';
import { checked, wrongExpectedRevision } from './rules.ts';
import { type Asked, ask, NoEventStore } from './store-client.ts';

export { NoEventStore } from './store-client.ts';

/**
 * The event store, through its official client: the embedded server, or that of `ESDB_URL`. Nothing is started before
 * it is used. What other scenes append is not seen; virtual time waits while it is asked. Rejects with NoEventStore
 * where there is none.
 */
export function openEventStore(): EventLog {
  const prefix = `kata_${randomBytes(6).toString('hex')}-`;
  const request = async (asked: Asked, what: string) => {
    const hold = holdTime(() => `the event store: ${what}`);
    try {
      const response = await ask(asked);
      if ('failed' in response) throw new NoEventStore(response.failed);
      return response;
    } finally {
      hold.release();
    }
  };
  const events = async (asked: Asked, what: string) => {
    const response = await request(asked, what);
    return 'done' in response ? (response.done as LoggedEvent[]) : [];
  };
  return {
    append: async (stream, proposed, { expected = 'any' } = {}) => {
      const asked: Asked = { op: 'append', prefix, stream, events: checked(stream, proposed), expected };
      const response = await request(asked, `append to ${stream}`);
      if ('wrongRevision' in response) throw wrongExpectedRevision(stream, expected, response.wrongRevision.last);
      return response.done as { revision: number };
    },
    read: async (stream, { from = 0, limit } = {}) =>
      limit === 0 ? [] : events({ op: 'read', prefix, stream, from, limit: limit ?? null }, `read ${stream}`),
    readAll: async ({ after, limit } = {}) =>
      limit === 0 ? [] : events({ op: 'readAll', prefix, after: after ?? null, limit: limit ?? null }, 'read all'),
  };
}
