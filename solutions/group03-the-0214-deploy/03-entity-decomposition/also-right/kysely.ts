// kysely writes the statements, the port runs them. Optimistic: a change names the version in its WHERE, and a delivery locks its answer.
import {
  type CompiledQuery,
  DummyDriver,
  type Generated,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql as raw,
} from 'kysely';
import type { CreateRecords, Entities, EntityKind, QuestionView, Versioned } from '#answerdesk/seams/records.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE q_questions (id text PRIMARY KEY, n serial, version int NOT NULL DEFAULT 1, tenant text, text text, status text);
  CREATE TABLE q_jobs (id text PRIMARY KEY, n serial, version int NOT NULL DEFAULT 1,
    "questionId" text NOT NULL REFERENCES q_questions, phase text, attempts int);
  CREATE TABLE q_answers (id text PRIMARY KEY, n serial, version int NOT NULL DEFAULT 1,
    "questionId" text NOT NULL REFERENCES q_questions, text text, withdrawn boolean, lines jsonb, total double precision);
  CREATE TABLE q_deliveries (id text PRIMARY KEY, n serial, version int NOT NULL DEFAULT 1,
    "answerId" text NOT NULL REFERENCES q_answers, channel text, state text);
  CREATE TABLE q_feedback (id text PRIMARY KEY, n serial, version int NOT NULL DEFAULT 1,
    "answerId" text NOT NULL REFERENCES q_answers, stars int, comment text)`;

type Table<K extends EntityKind> = { n: Generated<number>; version: Generated<number> } & {
  [F in keyof Entities[K]]: Entities[K][F] extends object[] ? string : Entities[K][F];
};
interface Tables {
  q_questions: Table<'question'>;
  q_jobs: Table<'job'>;
  q_answers: Table<'answer'>;
  q_deliveries: Table<'delivery'>;
  q_feedback: Table<'feedback'>;
}
const TABLES = {
  question: 'q_questions',
  job: 'q_jobs',
  answer: 'q_answers',
  delivery: 'q_deliveries',
  feedback: 'q_feedback',
} as const;

/** What all of them have, to kysely. */
const table = (kind: EntityKind) => TABLES[kind] as 'q_questions';

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
async function run<Row>(session: SqlSession, query: { compile: () => CompiledQuery<Row> }): Promise<Row[]> {
  const { sql, parameters } = query.compile();
  return (await session.query<Row>(sql, parameters)).rows;
}
const refusal = (code: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { code, ...more });
const stored = <T extends object>(entity: T) =>
  'lines' in entity ? { ...entity, lines: JSON.stringify(entity.lines) } : entity;
const shown = (row: { n?: unknown } | undefined) => {
  const { n: _, ...entity } = row ?? {};
  return row && (entity as never);
};

async function named<T>(kind: EntityKind, id: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '23505') throw refusal('ALREADY_EXISTS', `${kind} ${id} exists`);
    if (code === '23503') throw refusal('RULE_BROKEN', `${kind} ${id} needs, or is needed by, another entity`);
    throw error;
  }
}

async function locked(session: SqlSession, answerId: string): Promise<boolean> {
  const query = db.selectFrom('q_answers').select('withdrawn').where('id', '=', answerId).forShare();
  return (await run(session, query))[0]?.withdrawn ?? false;
}
const deliveriesIn = (session: SqlSession, answerId: string, state: 'pending' | 'sent') =>
  run(session, db.selectFrom('q_deliveries').select('id').where('answerId', '=', answerId).where('state', '=', state));
function total({ lines, total: said }: Pick<Entities['answer'], 'lines' | 'total'>): void {
  const sum = lines.map(({ micros }) => micros).reduce((a, b) => a + b, 0);
  if (sum !== said) throw refusal('RULE_BROKEN', `lines of ${sum}, a total of ${said}`);
}

export const createRecords: CreateRecords = ({ sql }) => {
  const find = async <K extends EntityKind>(session: SqlSession, kind: K, id: string) =>
    shown((await run(session, db.selectFrom(table(kind)).selectAll().where('id', '=', id)))[0]) as
      | Versioned<Entities[K]>
      | undefined;

  async function refuse(session: SqlSession, kind: EntityKind, id: string, expected: number): Promise<never> {
    const actual = (await find(session, kind, id))?.version;
    if (actual === undefined) throw refusal('NOT_FOUND', `${kind} ${id}`);
    throw refusal('VERSION_CONFLICT', `${kind} ${id} is at ${actual}`, { expected, actual });
  }

  return {
    create: (kind, entity) =>
      named(
        kind,
        entity.id,
        sql.transaction(async (session) => {
          if (kind === 'answer') total(entity as Entities['answer']);
          const { answerId } = entity as Entities['delivery'];
          if (kind === 'delivery' && (await locked(session, answerId))) throw refusal('RULE_BROKEN', 'withdrawn');
          if (kind === 'feedback' && (await deliveriesIn(session, answerId, 'sent')).length === 0) {
            throw refusal('RULE_BROKEN', `${answerId} was not delivered`);
          }
          await run(session, db.insertInto(table(kind)).values(stored(entity) as never));
          return { ...entity, version: 1 };
        }),
      ),
    change: (kind, id, expected, patch) =>
      sql.transaction(async (session) => {
        const query = db
          .updateTable(table(kind))
          .set({ ...stored(patch), version: raw`version + 1` } as never)
          .where('id', '=', id)
          .where('version', '=', expected)
          .returningAll();
        const after = shown((await run(session, query))[0]) ?? (await refuse(session, kind, id, expected));
        if (kind === 'answer') {
          total(after);
          const withdraws = 'withdrawn' in patch && patch.withdrawn;
          if (withdraws && (await deliveriesIn(session, id, 'pending')).length > 0) {
            throw refusal('RULE_BROKEN', `${id} is being delivered`);
          }
        }
        const { state, answerId } = after as Entities['delivery'];
        const delivers = kind === 'delivery' && 'state' in patch && state !== 'failed';
        if (delivers && (await locked(session, answerId))) throw refusal('RULE_BROKEN', `${answerId} is withdrawn`);
        return after;
      }),
    remove: async (kind, id, expected) => {
      const query = db.deleteFrom(table(kind)).where('id', '=', id).where('version', '=', expected).returning('id');
      const removed = await named(kind, id, run(sql, query));
      if (removed.length === 0) await refuse(sql, kind, id, expected);
    },
    get: (kind, id) => find(sql, kind, id),
    view: (questionId) =>
      sql.transaction(
        async (session): Promise<QuestionView | undefined> => {
          const question = await find(session, 'question', questionId);
          if (!question) return undefined;
          const own = (of: 'q_jobs' | 'q_answers') =>
            run(session, db.selectFrom(of).selectAll().where('questionId', '=', questionId).orderBy('n'));
          const [jobs, answers] = [await own('q_jobs'), await own('q_answers')];
          const ofAnswers = (table: 'q_deliveries' | 'q_feedback') =>
            run(
              session,
              db
                .selectFrom(table)
                .selectAll()
                .where('answerId', 'in', (of) =>
                  of.selectFrom('q_answers').select('id').where('questionId', '=', questionId),
                )
                .orderBy('n'),
            );
          const [deliveries, feedback] = [await ofAnswers('q_deliveries'), await ofAnswers('q_feedback')];
          const list = (rows: object[]) => rows.map(shown) as never;
          return {
            question,
            jobs: list(jobs),
            answers: list(answers),
            deliveries: list(deliveries),
            feedback: list(feedback),
          };
        },
        { isolation: 'repeatable read' },
      ),
  };
};
