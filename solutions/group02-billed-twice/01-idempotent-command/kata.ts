import { createHash, randomUUID } from 'node:crypto';
import canonicalize from 'canonicalize';
import type {
  CommandRequest,
  CreateIdempotency,
  IdempotencyPolicy,
  IdempotencyPorts,
  Reply,
  Work,
} from '#answerdesk/seams/idempotency.ts';

/** A row is a command. It has a reply, or somebody works on it since `claimed_at`, or the last try came to nothing. */
export const schema = `CREATE TABLE commands (
  tenant text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  effect_key text NOT NULL,
  first_seen timestamptz NOT NULL DEFAULT now(),
  claim integer NOT NULL DEFAULT 1,
  claimed_at timestamptz DEFAULT now(),
  reply jsonb,
  PRIMARY KEY (tenant, key)
)`;

interface KeyedRequest extends CommandRequest {
  key: string;
}
/** Which try this is. A later one makes it void. */
interface Claim {
  claim: number;
  effect_key: string;
}

export const createIdempotency: CreateIdempotency = (ports, policy) => ({
  async handle(request, work) {
    const { method, key } = request;
    if (method !== 'POST') return replyOf(await work(randomUUID()));
    if (!key) return { status: 400, body: { error: 'A POST needs an Idempotency-Key' } };
    return once(ports, policy, { ...request, key }, work);
  },
});

async function once(
  { sql, emit }: IdempotencyPorts,
  policy: IdempotencyPolicy,
  request: KeyedRequest,
  work: Work,
): Promise<Reply> {
  const { tenant, key, path, body } = request;
  const fingerprint = createHash('sha256')
    .update(canonicalize([path, body]) ?? '')
    .digest('hex');

  /** The insert is the claim: of those who come at once, one has a row back. */
  async function claimIt(): Promise<Claim | undefined> {
    await sql.query(
      `DELETE FROM commands WHERE tenant = $1 AND key = $2 AND first_seen <= now() - $3 * interval '1 ms'`,
      [tenant, key, policy.windowMs],
    );
    const { rows } = await sql.query<Claim>(
      `INSERT INTO commands AS c (tenant, key, fingerprint, effect_key) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant, key) DO UPDATE SET claim = c.claim + 1, claimed_at = now()
         WHERE c.reply IS NULL AND c.fingerprint = $3
           AND (c.claimed_at IS NULL OR c.claimed_at <= now() - $5 * interval '1 ms')
       RETURNING claim, effect_key`,
      [tenant, key, fingerprint, randomUUID(), policy.claimMs],
    );
    return rows[0];
  }

  function refuse(status: number, error: string): Reply {
    emit({ type: 'CommandRefused', data: { tenant, key, status } });
    return { status, body: { error } };
  }

  async function whatIsThere(): Promise<Reply> {
    const { rows } = await sql.query<{ fingerprint: string; reply: Reply | null }>(
      'SELECT fingerprint, reply FROM commands WHERE tenant = $1 AND key = $2',
      [tenant, key],
    );
    const [there] = rows;
    if (there && there.fingerprint !== fingerprint) return refuse(422, 'This key came with another request before');
    if (!there?.reply) return refuse(409, 'The first request with this key is under way');
    emit({ type: 'CommandReplayed', data: { tenant, key, status: there.reply.status } });
    return there.reply;
  }

  /** Says whether the claim still held. */
  async function settle({ claim }: Claim, reply: Reply | null): Promise<boolean> {
    const { rowCount } = await sql.query(
      'UPDATE commands SET reply = $4, claimed_at = NULL WHERE tenant = $1 AND key = $2 AND claim = $3',
      [tenant, key, claim, reply && JSON.stringify(reply)],
    );
    return rowCount === 1;
  }

  const claim = await claimIt();
  if (!claim) return whatIsThere();
  emit({ type: 'CommandClaimed', data: { tenant, key } });
  let reply: Reply | null = null;
  try {
    const outcome = await work(claim.effect_key);
    if (!outcome.done) return replyOf(outcome);
    reply = replyOf(outcome);
  } finally {
    // Not done, or nobody knows: the row stays, so that the next try carries the same effect key.
    if (!reply) await settle(claim, null);
  }
  // Too late, another process has taken over: its reply is the one.
  return (await settle(claim, reply)) ? reply : whatIsThere();
}

const replyOf = ({ status, body }: Reply): Reply => ({ status, body });
