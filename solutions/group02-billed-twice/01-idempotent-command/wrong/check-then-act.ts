// Looks whether the command is done, does it, and records it: whoever comes meanwhile finds nothing, and does it too.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CreateIdempotency, Reply } from '#answerdesk/seams/idempotency.ts';

export const schema = `CREATE TABLE replies (
  tenant text, key text, request text NOT NULL, reply jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, key)
)`;

export const createIdempotency: CreateIdempotency = ({ sql, emit }, { windowMs }) => ({
  async handle({ tenant, method, path, key, body }, work) {
    if (method !== 'POST') return work(crypto.randomUUID());
    if (!key) return { status: 400, body: null };
    const request = canonicalize([path, body]) ?? '';
    await sql.query(`DELETE FROM replies WHERE at <= now() - $1 * interval '1 ms'`, [windowMs]);
    const { rows } = await sql.query<{ request: string; reply: Reply }>(
      'SELECT request, reply FROM replies WHERE tenant = $1 AND key = $2',
      [tenant, key],
    );
    const [known] = rows;
    if (known && known.request !== request) {
      emit({ type: 'CommandRefused', data: { tenant, key, status: 422 } });
      return { status: 422, body: null };
    }
    if (known) {
      emit({ type: 'CommandReplayed', data: { tenant, key, status: known.reply.status } });
      return known.reply;
    }
    emit({ type: 'CommandClaimed', data: { tenant, key } });
    const effectKey = createHash('sha256')
      .update(JSON.stringify([tenant, key]))
      .digest('hex');
    const { done, status, body: replied } = await work(effectKey);
    if (done) {
      await sql.query(
        'INSERT INTO replies (tenant, key, request, reply) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [tenant, key, request, JSON.stringify({ status, body: replied })],
      );
    }
    return { status, body: replied };
  },
});
