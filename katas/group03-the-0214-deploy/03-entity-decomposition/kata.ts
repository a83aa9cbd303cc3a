import type { CreateRecords, Entities, EntityKind, QuestionView, Versioned } from '#answerdesk/seams/records.ts';

export const schema = `
  CREATE TABLE answers (
    question_id text  PRIMARY KEY,
    record      jsonb NOT NULL  -- the question and all that belongs to it: some sixty fields
  )`;

type Row = Versioned<{ id: string; questionId?: string; answerId?: string }>;
const LIST = {
  question: 'question',
  job: 'jobs',
  answer: 'answers',
  delivery: 'deliveries',
  feedback: 'feedback',
} as const;
const rowsOf = (record: QuestionView, kind: EntityKind) => [record[LIST[kind]]].flat() as Row[];
const refused = (code: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { code, ...more });

export const createRecords: CreateRecords = ({ sql }) => {
  async function recordWith(kind: EntityKind, id: string | undefined): Promise<QuestionView | undefined> {
    const text = 'SELECT record FROM answers WHERE record @> jsonb_build_object($1::text, $2::jsonb)';
    const inside = JSON.stringify(kind === 'question' ? { id } : [{ id }]);
    return (await sql.query<{ record: QuestionView }>(text, [LIST[kind], inside])).rows[0]?.record;
  }
  async function find(kind: EntityKind, id: string, expected: number) {
    const record = await recordWith(kind, id);
    const row = record && rowsOf(record, kind).find((each) => each.id === id);
    if (!record || !row) throw refused('NOT_FOUND', `there is no ${kind} ${id}`);
    const { version: actual } = row;
    // TODO: of all who change the same version one succeeds, and the others are told.
    if (actual !== expected) throw refused('VERSION_CONFLICT', `${kind} ${id} is at ${actual}`, { expected, actual });
    return { record, row };
  }
  // TODO: who changes one thing about a question undoes nothing that others change meanwhile, and holds up nobody.
  const save = (record: QuestionView) =>
    sql.query('INSERT INTO answers VALUES ($1, $2) ON CONFLICT (question_id) DO UPDATE SET record = excluded.record', [
      record.question.id,
      JSON.stringify(record),
    ]);

  return {
    // TODO: what holds between two entities holds whichever of them is made, changed or removed, and when.
    async create<K extends EntityKind>(kind: K, entity: Entities[K]) {
      const created = { ...entity, version: 1 };
      const { questionId, answerId } = created as Row;
      if (await recordWith(kind, entity.id)) throw refused('ALREADY_EXISTS', `there is a ${kind} ${entity.id}`);
      let record = await (questionId ? recordWith('question', questionId) : recordWith('answer', answerId));
      if (kind === 'question')
        record = { question: created as never, jobs: [], answers: [], deliveries: [], feedback: [] };
      else if (record) (record[LIST[kind]] as Row[]).push(created);
      if (!record) throw refused('RULE_BROKEN', `${kind} ${entity.id} belongs to nothing that is there`);
      const answer = record.answers.find(({ id }) => id === answerId);
      const delivered = record.deliveries.some((each) => each.answerId === answerId && each.state === 'sent');
      if (kind === 'delivery' && answer?.withdrawn) throw refused('RULE_BROKEN', `answer ${answerId} is withdrawn`);
      if (kind === 'feedback' && !delivered) throw refused('RULE_BROKEN', `answer ${answerId} was not delivered`);
      await save(record);
      return created;
    },

    // TODO: an answer's total is the sum of its lines, at every moment and for everybody.
    async change(kind, id, expected, patch) {
      const { record, row } = await find(kind, id, expected);
      Object.assign(row, patch, { version: expected + 1 });
      await save(record);
      return row as never;
    },

    // TODO: what is removed takes nothing with it.
    async remove(kind, id, expected) {
      const { record, row } = await find(kind, id, expected);
      if (kind === 'question') return void (await sql.query('DELETE FROM answers WHERE question_id = $1', [id]));
      const list = record[LIST[kind]] as Row[];
      list.splice(list.indexOf(row), 1);
      await save(record);
    },

    async get(kind, id) {
      const record = await recordWith(kind, id);
      return record && (rowsOf(record, kind).find((row) => row.id === id) as never);
    },
    view: (questionId) => recordWith('question', questionId),
  };
};
