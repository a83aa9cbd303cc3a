import { randomBytes } from 'node:crypto';
import { advisoryLocksOf } from './advisory-locks.ts';
import { send } from './back-end.ts';
import { namesAdvisoryLocks, whyRefused } from './refused.ts';
import { giveBack, keep, server, shared, takeBackEnd } from './this-thread.ts';

export interface Schema {
  name: string;
  /** What made it. */
  ddl: string;
  /** How to empty it; undefined where that would not make it as new. */
  emptying?: { tables: string[]; sequences: { name: string; start: string }[] } | undefined;
  uses: number;
  /** That it has advisory locks of its own. */
  advisoryLocks?: Promise<unknown> | undefined;
}

/** Deleting leaves dead rows behind. */
const USES_BEFORE_TRUNCATE = 25;

/**
 * The scene's clock, found before pg_catalog's: `now()` is the time of the transaction's beginning, as in any Postgres.
 * Settings, not a table: a change costs nobody else anything.
 */
const CLOCK = [
  ...['now', 'transaction_timestamp'].map((name) =>
    clock(name, "coalesce(nullif(current_setting('kata.began', true), ''), current_setting('kata.now'))"),
  ),
  ...['statement_timestamp', 'clock_timestamp'].map((name) => clock(name, "current_setting('kata.now')")),
].join('');

function clock(name: string, setting: string): string {
  return `CREATE FUNCTION ${name}() RETURNS timestamptz LANGUAGE sql STABLE AS $clock$ SELECT (${setting})::timestamptz $clock$;`;
}

export const searchPath = (name: string): string => `SET search_path TO ${name}, pg_catalog`;

/** A schema with nothing in it but what the DDL makes: a new one, or one that was emptied. */
export async function makeSchema(ddl: string): Promise<Schema> {
  const refused = whyRefused(ddl);
  if (refused !== null) throw new Error(`the suite's schema: ${refused}`);
  for (let emptied = shared.schemas.get(ddl)?.pop(); emptied; emptied = shared.schemas.get(ddl)?.pop()) {
    const schema = await emptied;
    if (schema) return schema;
  }
  const name = `kata_${randomBytes(6).toString('hex')}`;
  const time = new Date().toISOString();
  const backEnd = await takeBackEnd();
  try {
    const steps = [`CREATE SCHEMA ${name}`, searchPath(name), CLOCK.slice(0, -1), `SET kata.now = '${time}'`];
    if (namesAdvisoryLocks(ddl)) steps.push(advisoryLocksOf(name));
    await send(backEnd, [...steps, ddl].join(';\n'));
  } catch (error) {
    throw new Error(`the suite's schema: ${(error as Error).message}`, { cause: error });
  } finally {
    await giveBack(backEnd);
  }
  const { embedded } = await server();
  return { name, ddl, uses: 0, emptying: embedded ? await howToEmpty(name) : undefined };
}

/** Makes the schema ready for a statement that names advisory locks. */
export function giveAdvisoryLocks(schema: Schema): Promise<unknown> {
  schema.advisoryLocks ??= takeBackEnd().then(async (backEnd) => {
    await send(backEnd, advisoryLocksOf(schema.name));
    await giveBack(backEnd);
  });
  return schema.advisoryLocks;
}

/** Keeps it for the next scene with this DDL, or drops it; `changed`: it may have been given another form. */
export async function returnSchema(schema: Schema, changed: boolean): Promise<void> {
  if (schema.emptying && !changed) {
    const emptied = empty(schema);
    shared.schemas.set(schema.ddl, [...(shared.schemas.get(schema.ddl) ?? []), emptied]);
    return;
  }
  const dropped = keep(`DROP SCHEMA IF EXISTS ${schema.name} CASCADE`);
  // On a server that lives on, the schema must have gone before this thread may end.
  if ((await server()).embedded) dropped.catch(() => {});
  else await dropped;
}

/** Undefined: it can't be emptied, so it is of no use. */
async function empty(schema: Schema): Promise<Schema | undefined> {
  const { tables = [], sequences = [] } = schema.emptying ?? {};
  const fresh = ++schema.uses % USES_BEFORE_TRUNCATE === 0;
  const steps = [
    'BEGIN',
    // No trigger and no foreign key has a say.
    'SET LOCAL session_replication_role = replica',
    ...(fresh && tables.length > 0 ? [`TRUNCATE ${tables.join(', ')}`] : tables.map((table) => `DELETE FROM ${table}`)),
    ...sequences.map(({ name, start }) => `SELECT setval('${name}', ${start}, false)`),
    'COMMIT',
  ];
  try {
    await keep(steps.join(';'));
    return schema;
  } catch {
    await keep('ROLLBACK').catch(() => {});
    await keep(`DROP SCHEMA IF EXISTS ${schema.name} CASCADE`).catch(() => {});
    return undefined;
  }
}

async function howToEmpty(name: string): Promise<Schema['emptying']> {
  const { rows } = await keep(
    `SELECT c.oid::regclass::text AS name, c.relkind AS kind, s.seqstart AS start,
            EXISTS (SELECT FROM pg_rules r WHERE r.schemaname = $1) AS rules
       FROM pg_class c LEFT JOIN pg_sequence s ON s.seqrelid = c.oid
      WHERE c.relnamespace = $1::regnamespace AND c.relkind NOT IN ('i', 'I', 'v', 'c', 't')`,
    [name],
  );
  const objects = rows as { name: string; kind: string; start: string | null; rules: boolean }[];
  if (objects.some(({ kind, rules }) => rules || !['r', 'p', 'S'].includes(kind))) return undefined;
  const tables = objects.filter(({ kind }) => kind !== 'S').map(({ name }) => name);
  const sequences = objects.flatMap(({ name, kind, start }) => (kind === 'S' ? [{ name, start: start ?? '1' }] : []));
  if (tables.length > 0) {
    const filled = await keep(tables.map((table) => `(SELECT 1 FROM ${table} LIMIT 1)`).join(' UNION ALL '));
    if (filled.rows.length > 0) return undefined;
  }
  return { tables, sequences };
}
