import type { CreateRecords, Entities, EntityKind, QuestionView, Versioned } from '#answerdesk/seams/records.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

/** `n` is the order of creation: the time isn't, two rows may have the same. */
export const schema = `
  CREATE TABLE questions (
    id text PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY, version integer NOT NULL DEFAULT 1,
    tenant text NOT NULL, text text NOT NULL, status text NOT NULL);
  CREATE TABLE question_jobs (
    id text PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY, version integer NOT NULL DEFAULT 1,
    question_id text NOT NULL REFERENCES questions, phase text NOT NULL, attempts integer NOT NULL);
  CREATE INDEX ON question_jobs (question_id);
  CREATE TABLE answers (
    id text PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY, version integer NOT NULL DEFAULT 1,
    question_id text NOT NULL REFERENCES questions, text text NOT NULL, withdrawn boolean NOT NULL,
    lines jsonb NOT NULL, total bigint NOT NULL);
  CREATE INDEX ON answers (question_id);
  CREATE TABLE deliveries (
    id text PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY, version integer NOT NULL DEFAULT 1,
    answer_id text NOT NULL REFERENCES answers, channel text NOT NULL, state text NOT NULL);
  CREATE INDEX ON deliveries (answer_id);
  CREATE TABLE feedback (
    id text PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY, version integer NOT NULL DEFAULT 1,
    answer_id text NOT NULL REFERENCES answers, stars integer NOT NULL, comment text NOT NULL);
  CREATE INDEX ON feedback (answer_id)`;

const TABLES: Record<EntityKind, { table: string; columns: Record<string, string> }> = {
  question: { table: 'questions', columns: { tenant: 'tenant', text: 'text', status: 'status' } },
  job: { table: 'question_jobs', columns: { questionId: 'question_id', phase: 'phase', attempts: 'attempts' } },
  answer: {
    table: 'answers',
    columns: { questionId: 'question_id', text: 'text', withdrawn: 'withdrawn', lines: 'lines', total: 'total' },
  },
  delivery: { table: 'deliveries', columns: { answerId: 'answer_id', channel: 'channel', state: 'state' } },
  feedback: { table: 'feedback', columns: { answerId: 'answer_id', stars: 'stars', comment: 'comment' } },
};

type Entity = { [K in EntityKind]: Entities[K] }[EntityKind];
type Code = 'VERSION_CONFLICT' | 'RULE_BROKEN' | 'NOT_FOUND' | 'ALREADY_EXISTS';
const refused = (code: Code, message: string, more: object = {}) =>
  Object.assign(new Error(message), { code, ...more });

/** An entity as one JSON object, so that numbers come as numbers and a page comes in one statement. */
const asJson = (kind: EntityKind, alias: string) => {
  const fields = Object.entries({ id: 'id', version: 'version', ...TABLES[kind].columns });
  return `json_build_object(${fields.map(([field, column]) => `'${field}', ${alias}.${column}`).join(', ')})`;
};
const listOf = (kind: EntityKind, from: string) =>
  `(SELECT coalesce(json_agg(${asJson(kind, 'e')} ORDER BY e.n), '[]') FROM ${TABLES[kind].table} e ${from})`;
const OF_ANSWERS = 'JOIN answers a ON a.id = e.answer_id WHERE a.question_id = q.id';
/** One statement sees one moment. */
const PAGE = `
  SELECT ${asJson('question', 'q')} AS question,
         ${listOf('job', 'WHERE e.question_id = q.id')} AS jobs,
         ${listOf('answer', 'WHERE e.question_id = q.id')} AS answers,
         ${listOf('delivery', OF_ANSWERS)} AS deliveries,
         ${listOf('feedback', OF_ANSWERS)} AS feedback
    FROM questions q WHERE q.id = $1`;

/** What the rules need to know of another entity is locked until the end of the transaction. */
async function checkRules(session: SqlSession, kind: EntityKind, entity: Entity, changed: object): Promise<void> {
  if (kind === 'answer') {
    const { id, lines, total, withdrawn } = entity as Entities['answer'];
    const sum = lines.reduce((micros, line) => micros + line.micros, 0);
    if (sum !== total) throw refused('RULE_BROKEN', `answer ${id}: its lines sum to ${sum}, its total is ${total}`);
    if (!withdrawn || !('withdrawn' in changed)) return;
    const pending = await session.query("SELECT FROM deliveries WHERE answer_id = $1 AND state = 'pending'", [id]);
    if (pending.rowCount > 0) throw refused('RULE_BROKEN', `answer ${id} is being delivered, and can't be withdrawn`);
  }
  if (kind === 'delivery' && 'state' in changed) {
    const { answerId, state } = entity as Entities['delivery'];
    const isNew = 'answerId' in changed;
    if (!isNew && state === 'failed') return;
    const { rows } = await session.query<{ withdrawn: boolean }>(
      'SELECT withdrawn FROM answers WHERE id = $1 FOR SHARE',
      [answerId],
    );
    if (rows[0]?.withdrawn) throw refused('RULE_BROKEN', `answer ${answerId} is withdrawn, and isn't delivered`);
  }
  if (kind === 'feedback' && 'answerId' in changed) {
    const { answerId } = entity as Entities['feedback'];
    const sent = await session.query("SELECT FROM deliveries WHERE answer_id = $1 AND state = 'sent'", [answerId]);
    if (sent.rowCount === 0) throw refused('RULE_BROKEN', `answer ${answerId} was not delivered`);
  }
}

export const createRecords: CreateRecords = ({ sql }) => {
  async function read<K extends EntityKind>(session: SqlSession, kind: K, id: string, lock = '') {
    const text = `SELECT ${asJson(kind, 'e')} AS entity FROM ${TABLES[kind].table} e WHERE id = $1 ${lock}`;
    return (await session.query<{ entity: Versioned<Entities[K]> }>(text, [id])).rows[0]?.entity;
  }
  /** Locks it against other changes; those who only need that it exists pass. */
  async function readAt<K extends EntityKind>(session: SqlSession, kind: K, id: string, expected: number) {
    const entity = await read(session, kind, id, 'FOR NO KEY UPDATE');
    if (!entity) throw refused('NOT_FOUND', `there is no ${kind} ${id}`);
    const { version: actual } = entity;
    if (actual === expected) return entity;
    throw refused('VERSION_CONFLICT', `${kind} ${id} is at version ${actual}, not ${expected}`, { expected, actual });
  }
  const columnsOf = (kind: EntityKind, entity: object) =>
    Object.entries(TABLES[kind].columns)
      .filter(([field]) => field in entity)
      .map(([field, column]) => {
        const value = (entity as Record<string, unknown>)[field];
        return { column, value: field === 'lines' ? JSON.stringify(value) : value };
      });

  return {
    create: (kind, entity) =>
      sql
        .transaction(async (session) => {
          await checkRules(session, kind, entity as Entity, entity);
          const columns = [{ column: 'id', value: entity.id }, ...columnsOf(kind, entity)];
          const names = columns.map(({ column }) => column).join(', ');
          const places = columns.map((_, n) => `$${n + 1}`).join(', ');
          const values = columns.map(({ value }) => value);
          await session.query(`INSERT INTO ${TABLES[kind].table} (${names}) VALUES (${places})`, values);
          return { ...entity, version: 1 };
        })
        .catch(asRefusal(kind, entity.id)),

    change: (kind, id, expected, patch) =>
      sql.transaction(async (session) => {
        const before = await readAt(session, kind, id, expected);
        const after = { ...before, ...patch, version: expected + 1 };
        await checkRules(session, kind, after, patch);
        const columns = columnsOf(kind, patch);
        const sets = ['version = version + 1', ...columns.map(({ column }, n) => `${column} = $${n + 2}`)].join(', ');
        const values = [id, ...columns.map(({ value }) => value)];
        await session.query(`UPDATE ${TABLES[kind].table} SET ${sets} WHERE id = $1`, values);
        return after;
      }),

    remove: (kind, id, expected) =>
      sql
        .transaction(async (session) => {
          await readAt(session, kind, id, expected);
          await session.query(`DELETE FROM ${TABLES[kind].table} WHERE id = $1`, [id]);
        })
        .catch(asRefusal(kind, id)),

    get: (kind, id) => read(sql, kind, id),
    view: async (questionId) => (await sql.query<QuestionView>(PAGE, [questionId])).rows[0],
  };
};

/** The database holds two of the rules; here they get their names. */
function asRefusal(kind: EntityKind, id: string) {
  return (error: unknown): never => {
    const { code } = error as { code?: string };
    if (code === '23505') throw refused('ALREADY_EXISTS', `there is a ${kind} ${id}`, { cause: error });
    if (code === '23503') throw refused('RULE_BROKEN', `${kind} ${id}: one needs the other`, { cause: error });
    throw error;
  };
}
