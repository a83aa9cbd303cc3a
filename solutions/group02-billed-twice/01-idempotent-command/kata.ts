import { createHash, randomUUID } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { CreateIdempotency, IdempotencyPolicy, Outcome, Reply, Work } from '#answerdesk/seams/idempotency.ts';
import type { SqlPort } from '#answerdesk/sql-port.ts';

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

/** Which command a submission is about, and what it asks for. */
interface Submitted {
  tenant: string;
  key: string;
  fingerprint: string;
}
/** Which try this is: a later one makes it void. All tries of a command carry its effect key. */
interface Claim {
  claim: number;
  effect_key: string;
}
interface Row {
  fingerprint: string;
  reply: Reply | null;
  expired: boolean;
}

export const createIdempotency: CreateIdempotency = ({ sql, emit }, policy) => {
  const table = commandTable(sql, policy);

  function refuse({ tenant, key }: Submitted, status: number, error: string): Reply {
    emit({ type: 'CommandRefused', data: { tenant, key, status } });
    return { status, body: { error } };
  }

  async function once(submitted: Submitted, work: Work): Promise<Reply> {
    const claim = await table.claim(submitted);
    if (claim) return begin(submitted, claim, work);
    const row = await table.read(submitted);
    if (row && !row.expired) return answer(submitted, row);
    await table.forgetExpired(submitted);
    return once(submitted, work);
  }

  function answer(submitted: Submitted, { fingerprint, reply }: Row): Reply {
    const { tenant, key } = submitted;
    if (fingerprint !== submitted.fingerprint)
      return refuse(submitted, 422, 'The key came with another request before');
    if (!reply) return refuse(submitted, 409, 'The first request with this key is under way');
    emit({ type: 'CommandReplayed', data: { tenant, key, status: reply.status } });
    return reply;
  }

  async function begin(submitted: Submitted, claim: Claim, work: Work): Promise<Reply> {
    const { tenant, key } = submitted;
    emit({ type: 'CommandClaimed', data: { tenant, key } });
    let outcome: Outcome;
    try {
      outcome = await work(claim.effect_key);
    } catch (error) {
      // Nobody knows whether it was done: the row stays, and with it the effect key.
      await table.release(submitted, claim);
      throw error;
    }
    const reply = replyOf(outcome);
    if (!outcome.done) await table.release(submitted, claim);
    // Too late, another process has taken over: its reply is the one.
    else if (!(await table.record(submitted, claim, reply))) return once(submitted, work);
    return reply;
  }

  return {
    async handle({ tenant, method, path, key, body }, work) {
      if (method !== 'POST') return replyOf(await work(randomUUID()));
      if (!key) return { status: 400, body: { error: 'A POST needs an Idempotency-Key' } };
      const asked = canonicalize([path, body]) ?? '';
      const fingerprint = createHash('sha256').update(asked).digest('hex');
      return once({ tenant, key, fingerprint }, work);
    },
  };
};

const replyOf = ({ status, body }: Reply): Reply => ({ status, body });

function commandTable(sql: SqlPort, { windowMs, claimMs }: IdempotencyPolicy) {
  return {
    /** The insert is the claim: of those who come at once, one has a row back. */
    async claim({ tenant, key, fingerprint }: Submitted): Promise<Claim | undefined> {
      const { rows } = await sql.query<Claim>(
        `INSERT INTO commands AS c (tenant, key, fingerprint, effect_key) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant, key) DO UPDATE SET claim = c.claim + 1, claimed_at = now()
           WHERE c.reply IS NULL AND c.fingerprint = $3
             AND (c.claimed_at IS NULL OR c.claimed_at <= now() - $5 * interval '1 ms')
             AND c.first_seen > now() - $6 * interval '1 ms'
         RETURNING claim, effect_key`,
        [tenant, key, fingerprint, randomUUID(), claimMs, windowMs],
      );
      return rows[0];
    },

    async read({ tenant, key }: Submitted): Promise<Row | undefined> {
      const { rows } = await sql.query<Row>(
        `SELECT fingerprint, reply, first_seen <= now() - $3 * interval '1 ms' AS expired
           FROM commands WHERE tenant = $1 AND key = $2`,
        [tenant, key, windowMs],
      );
      return rows[0];
    },

    async forgetExpired({ tenant, key }: Submitted): Promise<void> {
      await sql.query(
        `DELETE FROM commands WHERE tenant = $1 AND key = $2 AND first_seen <= now() - $3 * interval '1 ms'`,
        [tenant, key, windowMs],
      );
    },

    /** False where the claim is void by now. */
    async record({ tenant, key }: Submitted, { claim }: Claim, reply: Reply): Promise<boolean> {
      const { rowCount } = await sql.query(
        'UPDATE commands SET reply = $4 WHERE tenant = $1 AND key = $2 AND claim = $3',
        [tenant, key, claim, JSON.stringify(reply)],
      );
      return rowCount === 1;
    },

    async release({ tenant, key }: Submitted, { claim }: Claim): Promise<void> {
      await sql.query('UPDATE commands SET claimed_at = NULL WHERE tenant = $1 AND key = $2 AND claim = $3', [
        tenant,
        key,
        claim,
      ]);
    },
  };
}
