// Serializable transactions, tried again where Postgres finds that two don't go together; the rules are plain reads. Lines have a table of their own.
import type { CreateRecords, Entities, EntityKind, QuestionView, Versioned } from '#answerdesk/seams/records.ts';
import type { SqlSession } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE TABLE entities (
    kind text, id text, n bigint GENERATED ALWAYS AS IDENTITY, version int NOT NULL, parent text, data jsonb NOT NULL,
    PRIMARY KEY (kind, id));
  CREATE INDEX ON entities (kind, parent);
  CREATE TABLE answer_lines (answer text, place int, item text NOT NULL, micros bigint NOT NULL, PRIMARY KEY (answer, place))`;

type Row = { id: string; version: number; parent: string | null; data: Record<string, unknown> };
const PARENTS: Record<EntityKind, { kind: EntityKind; field: 'questionId' | 'answerId' } | undefined> = {
  question: undefined,
  job: { kind: 'question', field: 'questionId' },
  answer: { kind: 'question', field: 'questionId' },
  delivery: { kind: 'answer', field: 'answerId' },
  feedback: { kind: 'answer', field: 'answerId' },
};
const CHILDREN: Record<EntityKind, EntityKind[]> = {
  question: ['job', 'answer'],
  answer: ['delivery', 'feedback'],
  job: [],
  delivery: [],
  feedback: [],
};
const refuse = (code: string, message: string, more: object = {}): never => {
  throw Object.assign(new Error(message), { code, ...more });
};

export const createRecords: CreateRecords = ({ sql }) => {
  async function serially<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await sql.transaction(work, { isolation: 'serializable' });
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (!['40001', '40P01', '23505'].includes(code) || tries === 30) throw error;
      }
    }
  }
  async function all(
    session: SqlSession,
    kind: EntityKind,
    where: string,
    value: unknown,
  ): Promise<Versioned<never>[]> {
    const text = `SELECT id, version, parent, data FROM entities WHERE kind = $1 AND ${where} ORDER BY n`;
    const { rows } = await session.query<Row>(text, [kind, value]);
    const lines = new Map<string, object[]>();
    if (kind === 'answer') {
      const found = await session.query<{ answer: string; item: string; micros: string }>(
        'SELECT * FROM answer_lines WHERE answer = ANY($1) ORDER BY place',
        [rows.map(({ id }) => id)],
      );
      for (const { answer, item, micros } of found.rows) {
        lines.set(answer, [...(lines.get(answer) ?? []), { item, micros: Number(micros) }]);
      }
    }
    return rows.map(({ id, version, parent, data }) => {
      const field = PARENTS[kind]?.field;
      const more = kind === 'answer' ? { lines: lines.get(id) ?? [] } : {};
      return { id, ...(field && { [field]: parent }), ...data, ...more, version } as unknown as Versioned<never>;
    });
  }
  const one = async <K extends EntityKind>(session: SqlSession, kind: K, id: string) =>
    (await all(session, kind, 'id = $2', id))[0] as Versioned<Entities[K]> | undefined;
  const of = <K extends EntityKind>(session: SqlSession, kind: K, parents: string[]) =>
    all(session, kind, 'parent = ANY($2)', parents) as Promise<Versioned<Entities[K]>[]>;

  async function keep(session: SqlSession, kind: EntityKind, entity: Versioned<{ id: string }>): Promise<void> {
    const { id, version, questionId, answerId, lines, ...data } = entity as Record<string, unknown>;
    await session.query(
      `INSERT INTO entities (kind, id, version, parent, data) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, data = excluded.data`,
      [kind, id, version, questionId ?? answerId ?? null, JSON.stringify(data)],
    );
    if (kind !== 'answer') return;
    await session.query('DELETE FROM answer_lines WHERE answer = $1', [id]);
    await session.query(
      `INSERT INTO answer_lines SELECT $1, place, line->>'item', (line->>'micros')::bigint
         FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS of (line, place)`,
      [id, JSON.stringify(lines)],
    );
  }
  async function judge(
    session: SqlSession,
    kind: EntityKind,
    before: object | undefined,
    after: object,
  ): Promise<void> {
    if (kind === 'answer') {
      const { id, lines, total, withdrawn } = after as Entities['answer'];
      if (lines.reduce((sum, line) => sum + line.micros, 0) !== total) refuse('RULE_BROKEN', `${id}: total and lines`);
      const pending = (await of(session, 'delivery', [id])).some(({ state }) => state === 'pending');
      if (withdrawn && pending) refuse('RULE_BROKEN', `${id}: a delivery is pending`);
    }
    if (kind === 'delivery') {
      const { answerId, state } = after as Entities['delivery'];
      const same = (before as Entities['delivery'] | undefined)?.state === state;
      const withdrawn = (await one(session, 'answer', answerId))?.withdrawn;
      if (withdrawn && !same && (state !== 'failed' || !before)) refuse('RULE_BROKEN', `${answerId} is withdrawn`);
    }
    if (kind === 'feedback' && !before) {
      const { answerId } = after as Entities['feedback'];
      const sent = (await of(session, 'delivery', [answerId])).some(({ state }) => state === 'sent');
      if (!sent) refuse('RULE_BROKEN', `${answerId} was not sent`);
    }
  }
  async function at<K extends EntityKind>(session: SqlSession, kind: K, id: string, expected: number) {
    const entity = (await one(session, kind, id)) ?? refuse('NOT_FOUND', `no ${kind} ${id}`);
    const { version: actual } = entity;
    if (actual !== expected) refuse('VERSION_CONFLICT', `${kind} ${id}: ${actual}`, { expected, actual });
    return entity;
  }

  return {
    create: (kind, entity) =>
      serially(async (session) => {
        if (await one(session, kind, entity.id)) refuse('ALREADY_EXISTS', `${kind} ${entity.id} is there`);
        const parent = PARENTS[kind];
        const id = parent && (entity as unknown as Record<string, string>)[parent.field];
        if (parent && !(await one(session, parent.kind, id ?? ''))) refuse('RULE_BROKEN', `no ${parent.kind} ${id}`);
        await judge(session, kind, undefined, entity);
        const made = { ...entity, version: 1 };
        await keep(session, kind, made);
        return made;
      }),
    change: (kind, id, expected, patch) =>
      serially(async (session) => {
        const before = await at(session, kind, id, expected);
        const after = { ...before, ...patch, version: expected + 1 };
        await judge(session, kind, before, after);
        await keep(session, kind, after);
        return after;
      }),
    remove: (kind, id, expected) =>
      serially(async (session) => {
        await at(session, kind, id, expected);
        for (const child of CHILDREN[kind]) {
          if ((await of(session, child, [id])).length > 0) refuse('RULE_BROKEN', `${kind} ${id} has a ${child}`);
        }
        await session.query('DELETE FROM answer_lines WHERE $1 = $2 AND answer = $3', [kind, 'answer', id]);
        await session.query('DELETE FROM entities WHERE kind = $1 AND id = $2', [kind, id]);
      }),
    get: (kind, id) => sql.transaction((session) => one(session, kind, id), { isolation: 'repeatable read' }),
    view: (questionId) =>
      sql.transaction(
        async (session): Promise<QuestionView | undefined> => {
          const question = await one(session, 'question', questionId);
          if (!question) return undefined;
          const [jobs, answers] = [await of(session, 'job', [questionId]), await of(session, 'answer', [questionId])];
          const ids = answers.map(({ id }) => id);
          const [deliveries, feedback] = [await of(session, 'delivery', ids), await of(session, 'feedback', ids)];
          return { question, jobs, answers, deliveries, feedback };
        },
        { isolation: 'repeatable read' },
      ),
  };
};
