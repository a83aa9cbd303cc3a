// Postgres: a plain insert and its 23505; bodies are compared as jsonb; who comes second waits for the reply.
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  CommandRequest,
  CreateIdempotency,
  IdempotencyEvent,
  IdempotencyPolicy,
  IdempotencyPorts,
  Reply,
} from '#answerdesk/seams/idempotency.ts';

export const schema = `
  CREATE TABLE idempotency_keys (
    id bigserial PRIMARY KEY,
    tenant text NOT NULL,
    key text NOT NULL,
    request jsonb NOT NULL,
    seen_at timestamptz NOT NULL,
    status integer,
    reply jsonb,
    UNIQUE (tenant, key)
  );
  CREATE TABLE tries (
    command bigint NOT NULL REFERENCES idempotency_keys (id) ON DELETE CASCADE,
    n integer NOT NULL,
    begun_at timestamptz NOT NULL,
    over boolean NOT NULL DEFAULT false,
    PRIMARY KEY (command, n)
  );`;

interface Row {
  id: string;
  same: boolean;
  status: number | null;
  reply: unknown;
  tries: number;
  taken: boolean;
}

const isTaken = (error: unknown) => (error as { code?: string }).code === '23505';

export const createIdempotency: CreateIdempotency = (ports, policy) => ({
  handle: async (request, work) => {
    const { tenant, method, key } = request;
    if (method !== 'POST') {
      const { status, body } = await work(crypto.randomUUID());
      return { status, body };
    }
    if (!key) return { status: 400, body: { title: 'Idempotency-Key is required' } };
    const say = (type: IdempotencyEvent['type'], status: number) => ports.emit({ type, data: { tenant, key, status } });
    const there = () => find(ports, policy, request, key);

    await forgetExpired(ports, policy, request, key);
    for (let waitMs = 100; ; waitMs = Math.min(2 * waitMs, 2_000)) {
      const row = (await there()) ?? (await insert(ports, request, key).then(there));
      if (!row) continue;
      if (!row.same) {
        say('CommandRefused', 422);
        return { status: 422, body: { title: 'Idempotency-Key is already used' } };
      }
      if (row.status !== null) {
        say('CommandReplayed', row.status);
        return { status: row.status, body: row.reply };
      }
      if (row.taken || !(await begin(ports, row))) {
        await sleep(waitMs);
        continue;
      }
      ports.emit({ type: 'CommandClaimed', data: { tenant, key } });
      try {
        const { status, body, done } = await work(`command-${row.id}`);
        if (!done || (await record(ports, row, { status, body }))) return { status, body };
      } finally {
        await ports.sql.query('UPDATE tries SET over = true WHERE command = $1 AND n = $2', [row.id, row.tries + 1]);
      }
    }
  },
});

async function insert({ sql }: IdempotencyPorts, { tenant, path, body }: CommandRequest, key: string): Promise<void> {
  try {
    await sql.query('INSERT INTO idempotency_keys (tenant, key, request, seen_at) VALUES ($1, $2, $3, now())', [
      tenant,
      key,
      JSON.stringify({ path, body }),
    ]);
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}

async function forgetExpired(
  { sql }: IdempotencyPorts,
  { windowMs }: IdempotencyPolicy,
  { tenant }: CommandRequest,
  key: string,
): Promise<void> {
  await sql.query('DELETE FROM idempotency_keys WHERE tenant = $1 AND key = $2 AND seen_at <= $3', [
    tenant,
    key,
    new Date(Date.now() - windowMs),
  ]);
}

async function find(
  { sql }: IdempotencyPorts,
  { claimMs }: IdempotencyPolicy,
  { tenant, path, body }: CommandRequest,
  key: string,
): Promise<Row | undefined> {
  const { rows } = await sql.query<Row>(
    `SELECT k.id, k.request = $3 AS same, k.status, k.reply, coalesce(max(t.n), 0) AS tries,
            coalesce(bool_or(NOT t.over AND t.begun_at > $4), false) AS taken
       FROM idempotency_keys k LEFT JOIN tries t ON t.command = k.id
      WHERE k.tenant = $1 AND k.key = $2 GROUP BY k.id`,
    [tenant, key, JSON.stringify({ path, body }), new Date(Date.now() - claimMs)],
  );
  return rows[0];
}

/** The next number can be taken once. */
async function begin({ sql }: IdempotencyPorts, { id, tries }: Row): Promise<boolean> {
  try {
    await sql.query('INSERT INTO tries (command, n, begun_at) VALUES ($1, $2, now())', [id, tries + 1]);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/** False where a later try has recorded its reply. */
async function record({ sql }: IdempotencyPorts, { id }: Row, { status, body }: Reply): Promise<boolean> {
  const { rowCount } = await sql.query(
    'UPDATE idempotency_keys SET status = $2, reply = $3 WHERE id = $1 AND status IS NULL',
    [id, status, JSON.stringify(body)],
  );
  return rowCount > 0;
}
