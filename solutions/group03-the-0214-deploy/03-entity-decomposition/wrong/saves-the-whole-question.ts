// Five tables, and one repository that loads a question with all its entities and saves all of them together.
import type { CreateRecords, Entities, EntityKind, QuestionView, Versioned } from '#answerdesk/seams/records.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

const KINDS = ['question', 'job', 'answer', 'delivery', 'feedback'] as const;
export const schema = KINDS.map(
  (kind) => `CREATE TABLE all_${kind} (id text PRIMARY KEY, n serial, question text NOT NULL, entity jsonb NOT NULL)`,
).join(';');

const LISTS = { job: 'jobs', answer: 'answers', delivery: 'deliveries', feedback: 'feedback' } as const;
const refused = (code: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { code, ...more });
type Entity = Versioned<{ id: string; questionId?: string; answerId?: string }>;

export const createRecords: CreateRecords = ({ sql }) => {
  async function load(session: SqlSession, id: string): Promise<QuestionView | undefined> {
    const of = async (kind: EntityKind) => {
      const text = `SELECT entity FROM all_${kind} WHERE question = $1 ORDER BY n`;
      return (await session.query<{ entity: never }>(text, [id])).rows.map(({ entity }) => entity);
    };
    const [question] = await of('question');
    if (!question) return undefined;
    const [jobs, answers] = [await of('job'), await of('answer')];
    return { question, jobs, answers, deliveries: await of('delivery'), feedback: await of('feedback') };
  }
  const listOf = (page: QuestionView, kind: EntityKind) =>
    (kind === 'question' ? [page.question] : page[LISTS[kind]]) as Entity[];
  async function save(session: SqlSession, page: QuestionView): Promise<void> {
    for (const kind of KINDS) {
      for (const entity of listOf(page, kind)) {
        await session.query(
          `INSERT INTO all_${kind} (id, question, entity) VALUES ($1, $2, $3)
           ON CONFLICT (id) DO UPDATE SET entity = excluded.entity`,
          [entity.id, page.question.id, JSON.stringify(entity)],
        );
      }
    }
  }
  async function pageWith(session: SqlSession, kind: EntityKind, id = ''): Promise<QuestionView | undefined> {
    const { rows } = await session.query<{ question: string }>(`SELECT question FROM all_${kind} WHERE id = $1`, [id]);
    return rows[0] && load(session, rows[0].question);
  }
  async function at(session: SqlSession, kind: EntityKind, id: string, expected: number) {
    const page = await pageWith(session, kind, id);
    const entity = page && listOf(page, kind).find((each) => each.id === id);
    if (!page || !entity) throw refused('NOT_FOUND', id);
    const { version: actual } = entity;
    if (actual !== expected) throw refused('VERSION_CONFLICT', `${id}: ${actual}`, { expected, actual });
    return { page, entity };
  }
  function judge(page: QuestionView, kind: EntityKind, entity: Entity, isNew: boolean): void {
    const { id, answerId } = entity;
    const mine = page.deliveries.filter((delivery) => delivery.answerId === (kind === 'answer' ? id : answerId));
    const answer = page.answers.find((each) => each.id === (kind === 'answer' ? id : answerId));
    const { lines, total, withdrawn } = answer as Entities['answer'];
    const { state } = entity as unknown as Entities['delivery'];
    const broken =
      (kind === 'answer' && lines.reduce((sum, { micros }) => sum + micros, 0) !== total) ||
      (kind === 'answer' && withdrawn && mine.some((each) => each.state === 'pending')) ||
      (kind === 'delivery' && withdrawn && (isNew || state !== 'failed')) ||
      (kind === 'feedback' && isNew && !mine.some((each) => each.state === 'sent'));
    if (broken) throw refused('RULE_BROKEN', `${kind} ${id}`);
  }

  return {
    create: (kind, entity) =>
      sql.transaction(async (session) => {
        const made = { ...entity, version: 1 };
        if (await pageWith(session, kind, entity.id)) throw refused('ALREADY_EXISTS', entity.id);
        const { questionId, answerId } = made as Entity;
        let page = await (questionId ? load(session, questionId) : pageWith(session, 'answer', answerId));
        if (kind === 'question')
          page = { question: made as never, jobs: [], answers: [], deliveries: [], feedback: [] };
        if (!page) throw refused('RULE_BROKEN', `${kind} ${entity.id} belongs to nothing`);
        if (kind !== 'question') listOf(page, kind).push(made);
        if (kind !== 'question' && kind !== 'job') judge(page, kind, made, true);
        await save(session, page);
        return made;
      }),
    change: (kind, id, expected, patch) =>
      sql.transaction(async (session) => {
        const { page, entity } = await at(session, kind, id, expected);
        Object.assign(entity, patch, { version: expected + 1 });
        if (kind !== 'question' && kind !== 'job' && !('channel' in patch)) judge(page, kind, entity, false);
        await save(session, page);
        return entity as never;
      }),
    remove: (kind, id, expected) =>
      sql.transaction(async (session) => {
        const { page } = await at(session, kind, id, expected);
        const children = kind === 'question' ? [...page.jobs, ...page.answers] : [...page.deliveries, ...page.feedback];
        const needed = children.some((child) => 'questionId' in child || child.answerId === id);
        if (needed && (kind === 'question' || kind === 'answer')) throw refused('RULE_BROKEN', id);
        await session.query(`DELETE FROM all_${kind} WHERE id = $1`, [id]);
      }),
    async get(kind, id) {
      const page = await pageWith(sql, kind, id);
      return page && (listOf(page, kind).find((each) => each.id === id) as never);
    },
    view: (id) => sql.transaction((session) => load(session, id), { isolation: 'repeatable read' }),
  };
};
