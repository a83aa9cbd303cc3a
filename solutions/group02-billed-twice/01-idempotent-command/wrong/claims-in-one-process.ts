// Keeps the replies in the database and the claims in memory: two processes begin the same command at once.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CreateIdempotency, Reply } from '#answerdesk/seams/idempotency.ts';

export const schema = `CREATE TABLE replies (
  tenant text, key text, request text NOT NULL, reply jsonb, at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, key)
)`;

export const createIdempotency: CreateIdempotency = ({ sql, emit }, { windowMs }) => {
  const underWay = new Set<string>();
  return {
    async handle({ tenant, method, path, key, body }, work) {
      if (method !== 'POST') return work(crypto.randomUUID());
      if (!key) return { status: 400, body: null };
      const request = canonicalize([path, body]) ?? '';
      const name = JSON.stringify([tenant, key]);
      const refuse = (status: number) => {
        emit({ type: 'CommandRefused', data: { tenant, key, status } });
        return { status, body: null };
      };
      await sql.query(`DELETE FROM replies WHERE at <= now() - $1 * interval '1 ms'`, [windowMs]);
      await sql.query('INSERT INTO replies (tenant, key, request) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
        tenant,
        key,
        request,
      ]);
      const { rows } = await sql.query<{ request: string; reply: Reply | null }>(
        'SELECT request, reply FROM replies WHERE tenant = $1 AND key = $2',
        [tenant, key],
      );
      const [known] = rows;
      if (known && known.request !== request) return refuse(422);
      if (known?.reply) {
        emit({ type: 'CommandReplayed', data: { tenant, key, status: known.reply.status } });
        return known.reply;
      }
      if (underWay.has(name)) return refuse(409);
      underWay.add(name);
      try {
        emit({ type: 'CommandClaimed', data: { tenant, key } });
        const { done, status, body: replied } = await work(createHash('sha256').update(name).digest('hex'));
        const reply = { status, body: replied };
        if (done) {
          await sql.query('UPDATE replies SET reply = $3 WHERE tenant = $1 AND key = $2', [
            tenant,
            key,
            JSON.stringify(reply),
          ]);
        }
        return reply;
      } finally {
        underWay.delete(name);
      }
    },
  };
};
