// Postgres: the row says what was asked and what came of it; whoever holds its lock does the work. A process that dies loses it.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CreateIdempotency, IdempotencyEvent, Outcome, Reply } from '#answerdesk/seams/idempotency.ts';

export const schema = `CREATE TABLE submitted (
  tenant text, key text, digest bytea NOT NULL, first_at timestamptz NOT NULL DEFAULT now(), reply json,
  PRIMARY KEY (tenant, key)
)`;

export const createIdempotency: CreateIdempotency = ({ sql, emit }, { windowMs }) => {
  let unkeyed = 0;
  return {
    async handle({ tenant, method, path, key, body }, work) {
      const plain = ({ status, body }: Outcome): Reply => ({ status, body });
      if (method !== 'POST') return plain(await work(`${path} ${Date.now()} ${unkeyed++} ${Math.random()}`));
      if (!key) return { status: 400, body: { error: 'no key' } };
      const say = (type: IdempotencyEvent['type'], status: number) => emit({ type, data: { tenant, key, status } });
      const replay = (reply: Reply) => {
        say('CommandReplayed', reply.status);
        return reply;
      };

      const digest = createHash('sha256')
        .update(canonicalize({ path, body }) ?? '')
        .digest();
      const names = [tenant, key];
      await sql.query(
        `DELETE FROM submitted WHERE tenant = $1 AND key = $2 AND first_at + make_interval(secs => $3) <= now()`,
        [...names, windowMs / 1000],
      );
      await sql.query('INSERT INTO submitted (tenant, key, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
        ...names,
        digest,
      ]);
      const there = 'SELECT digest = $3 AS same, reply FROM submitted WHERE tenant = $1 AND key = $2';
      const { rows } = await sql.query<{ same: boolean; reply: Reply | null }>(there, [...names, digest]);
      if (rows[0] && !rows[0].same) {
        say('CommandRefused', 422);
        return { status: 422, body: { error: 'used' } };
      }
      if (rows[0]?.reply) return replay(rows[0].reply);

      return sql.transaction(async (session) => {
        const mine = await session.query<{ reply: Reply | null }>(`${there} FOR UPDATE SKIP LOCKED`, [
          ...names,
          digest,
        ]);
        const [row] = mine.rows;
        if (!row) {
          say('CommandRefused', 409);
          return { status: 409, body: { error: 'under way' } };
        }
        if (row.reply) return replay(row.reply);
        emit({ type: 'CommandClaimed', data: { tenant, key } });
        const effectKey = createHash('sha256').update(JSON.stringify(names)).digest('hex');
        const outcome = await work(effectKey);
        if (outcome.done) {
          await session.query('UPDATE submitted SET reply = $3 WHERE tenant = $1 AND key = $2', [
            ...names,
            JSON.stringify(plain(outcome)),
          ]);
        }
        return plain(outcome);
      });
    },
  };
};
