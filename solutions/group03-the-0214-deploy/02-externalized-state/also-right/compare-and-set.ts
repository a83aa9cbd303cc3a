// No row locks: a worker picks what it sees and takes it only if it still is as seen; who loses looks again. Forgets statuses by timers.
import type { Claim, CreateJobQueue, QueuedJob } from '#answerdesk/seams/job-queue.ts';

export const schema = `
  CREATE TABLE work_items (
    id text PRIMARY KEY, queued_at timestamptz NOT NULL DEFAULT now(), seq bigserial,
    job jsonb NOT NULL, rev int NOT NULL DEFAULT 0, tries int NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'queued', deadline timestamptz, outcome jsonb);
  CREATE INDEX work_items_open ON work_items (queued_at, seq) WHERE state IN ('queued', 'running');`;

interface Item {
  id: string;
  job: { tenant: string; payload: unknown };
  rev: number;
  tries: number;
}

export const createJobQueue: CreateJobQueue = ({ sql, emit }, { leaseMs, maxAttempts, staleMs }) => {
  const pages = new Map<string, Promise<string | undefined>>();
  const swap = async ({ id, rev }: { id: string; rev: number }, set: string, ...values: unknown[]) => {
    const text = `UPDATE work_items SET rev = rev + 1, ${set} WHERE id = $1 AND rev = $2`;
    return (await sql.query(text, [id, rev, ...values])).rowCount === 1;
  };
  /** A heartbeat doesn't change the revision: the claim's token stays good. */
  const holding = `id = $1 AND rev = $2 AND state = 'running'`;
  const died = ({ id, tries }: Item) => emit({ type: 'JobDied', data: { job: id, attempts: tries } });

  async function claim(worker: string): Promise<Claim | undefined> {
    const { rows } = await sql.query<Item>(
      `SELECT id, job, rev, tries FROM work_items
        WHERE state = 'queued' OR (state = 'running' AND deadline <= now()) ORDER BY queued_at, seq LIMIT 25`,
    );
    for (const item of rows) {
      if (item.tries >= maxAttempts) {
        if (await swap(item, `state = 'dead'`)) died(item);
        continue;
      }
      const set = `state = 'running', tries = tries + 1, deadline = now() + make_interval(secs => $3)`;
      if (!(await swap(item, set, leaseMs / 1000))) continue;
      const { id, job, rev, tries } = item;
      return { id, ...job, worker, attempt: tries + 1, token: rev + 1 };
    }
    return rows.length > 0 ? claim(worker) : undefined;
  }

  async function look(id: string): Promise<string | undefined> {
    const text = `SELECT state AS phase, tries AS attempts, outcome AS result FROM work_items WHERE id = $1`;
    const { rows } = await sql.query<QueuedJob>(text, [id]);
    return rows[0] && JSON.stringify(rows[0]);
  }

  return {
    claim,
    async enqueue({ id, tenant, payload }) {
      const job = JSON.stringify({ tenant, payload });
      await sql.query('INSERT INTO work_items (id, job) VALUES ($1, $2) ON CONFLICT DO NOTHING', [id, job]);
    },
    async heartbeat({ id, token }) {
      const text = `UPDATE work_items SET deadline = now() + make_interval(secs => $3) WHERE ${holding}`;
      return (await sql.query(text, [id, token, leaseMs / 1000])).rowCount === 1;
    },
    async complete({ id, token }, result) {
      const text = `UPDATE work_items SET rev = rev + 1, state = 'done', outcome = $3 WHERE ${holding}`;
      return (await sql.query(text, [id, token, JSON.stringify(result)])).rowCount === 1;
    },
    async fail({ id, token }) {
      const { rows } = await sql.query<Item & { state: string }>(
        `UPDATE work_items SET rev = rev + 1, state = CASE WHEN tries >= $3 THEN 'dead' ELSE 'queued' END
          WHERE ${holding} RETURNING id, tries, state`,
        [id, token, maxAttempts],
      );
      const [item] = rows;
      if (item?.state === 'dead') died(item);
      return item !== undefined;
    },
    async status(id) {
      let page = pages.get(id);
      if (!page) {
        page = look(id);
        pages.set(id, page);
        setTimeout(() => pages.delete(id), staleMs).unref?.();
        page.catch(() => pages.delete(id));
      }
      const text = await page;
      if (!text) return undefined;
      const { phase, attempts, result } = JSON.parse(text) as QueuedJob;
      return { phase, attempts, ...(phase === 'done' && { result }) };
    },
    async dead() {
      const text = `SELECT array_agg(id ORDER BY queued_at, seq) AS ids FROM work_items WHERE state = 'dead'`;
      const { rows } = await sql.query<{ ids: string[] | null }>(text);
      return rows[0]?.ids ?? [];
    },
  };
};
