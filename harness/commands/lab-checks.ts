import type { Check } from '../report/check-lines.ts';

/** The real servers of suites, each of which is started for this if it doesn't run. */
export function labChecks(): Promise<Check[]> {
  return Promise.all([postgres(), eventStore()]);
}

async function postgres(): Promise<Check> {
  const name = 'Postgres';
  const { lookAtPostgres } = await import('../kit/sql/look.ts');
  try {
    const { where, version, embedded } = await lookAtPostgres();
    const from = embedded ? 'embedded' : `DATABASE_URL: ${where}`;
    return { name, state: 'ok', found: `${version}, ${from}` };
  } catch (error) {
    return unserved(name, error);
  }
}

async function eventStore(): Promise<Check> {
  const name = 'event store';
  const { openEventStore } = await import('../kit/event-log/event-store.ts');
  try {
    await openEventStore().read('doctor');
    return { name, state: 'ok', found: process.env['ESDB_URL'] ? 'ESDB_URL' : 'embedded' };
  } catch (error) {
    return unserved(name, error);
  }
}

/** 'No Postgres: why. How to mend it.' */
function unserved(name: string, error: unknown): Check {
  const [, found = '', remedy = ''] = /^No [^:]*: (.*)\. (Name a server .*)$/.exec((error as Error).message) ?? [];
  return { name, state: 'mend', found: found || (error as Error).message, remedy: `${remedy}.` };
}
