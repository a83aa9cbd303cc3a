// The lock is a row in Postgres, with an expiry by the database's clock and a token that only grows: it holds for every process.
import type { AnswerConfig, CreateSingletons } from '#answerdesk/seams/singletons.ts';

export const schema = `
  CREATE TABLE locks (name text PRIMARY KEY, token bigint NOT NULL, expires_at timestamptz);
`;

const LOOK_AGAIN_MS = 60;

export const createSingletons: CreateSingletons = ({ load, sql, emit }) => {
  let epoch = 0;
  let serving: { config: AnswerConfig; load: number } | undefined;
  let first: Promise<AnswerConfig> | undefined;
  let loads = 0;
  let holders = new Map<string, bigint>();

  async function fetch(): Promise<AnswerConfig> {
    const [mine, nth] = [epoch, ++loads];
    let config: AnswerConfig;
    try {
      config = await load();
    } catch (error) {
      emit({ type: 'ConfigLoadFailed', data: {} });
      throw error;
    }
    if (mine === epoch && nth > (serving?.load ?? 0)) {
      serving = { config: structuredClone(config), load: nth };
      emit({ type: 'ConfigLoaded', data: { version: config.version } });
    }
    return structuredClone(config);
  }

  /** Takes the lock if it is free or has run out; says whose it was, if it has. */
  async function take(name: string, expiresMs: number): Promise<{ token: bigint; from: boolean } | undefined> {
    const { rows } = await sql.query<{ token: string; lapsed: boolean }>(
      `WITH before AS (SELECT expires_at FROM locks WHERE name = $1)
       INSERT INTO locks AS l VALUES ($1, 1, now() + $2 * interval '1 ms')
       ON CONFLICT (name) DO UPDATE SET token = l.token + 1, expires_at = excluded.expires_at
         WHERE l.expires_at IS NULL OR l.expires_at <= now()
       RETURNING token, coalesce((SELECT expires_at IS NOT NULL FROM before), false) AS lapsed`,
      [name, expiresMs],
    );
    const [row] = rows;
    return row && { token: BigInt(row.token), from: row.lapsed };
  }

  return {
    config: () => {
      if (serving) return Promise.resolve(structuredClone(serving.config));
      const mine = (first ??= fetch().finally(() => {
        if (first === mine) first = undefined;
      }));
      return mine.then((config) => structuredClone(config));
    },
    reload: fetch,
    async withLock(name, expiresMs, work) {
      let taken = await take(name, expiresMs);
      while (!taken) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        taken = await take(name, expiresMs);
      }
      const { token, from } = taken;
      if (from) emit({ type: 'LockExpired', data: { lock: name } });
      holders.set(name, token);
      try {
        return await work({
          token: Number(token),
          held: async () => {
            const mine = 'SELECT 1 FROM locks WHERE name = $1 AND token = $2 AND expires_at > now()';
            return (await sql.query(mine, [name, token])).rowCount === 1;
          },
        });
      } finally {
        await sql.query('UPDATE locks SET expires_at = NULL WHERE name = $1 AND token = $2', [name, token]);
      }
    },
    async reset() {
      epoch++;
      serving = undefined;
      first = undefined;
      const mine = holders;
      holders = new Map();
      for (const [name, token] of mine) {
        await sql.query('UPDATE locks SET expires_at = NULL WHERE name = $1 AND token = $2', [name, token]);
      }
    },
  };
};
