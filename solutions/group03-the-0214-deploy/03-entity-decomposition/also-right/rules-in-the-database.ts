// The database holds the rules: foreign keys, a check, two triggers. Each call is one statement; a class turns its refusals into ours.
import type {
  CreateRecords,
  Entities,
  EntityKind,
  Patch,
  QuestionView,
  Records,
  Versioned,
} from '#answerdesk/seams/records.ts';
import type { SqlFailure, SqlPort } from '#answerdesk/sql-port.ts';

export const schema = `
  CREATE SEQUENCE record_order;
  CREATE FUNCTION sum_of(lines jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS
    $$ SELECT coalesce(sum((line->>'micros')::numeric), 0) FROM jsonb_array_elements(lines) line $$;
  CREATE TABLE record_question (
    id text PRIMARY KEY, n bigint NOT NULL DEFAULT nextval('record_order'), version int NOT NULL DEFAULT 1,
    tenant text NOT NULL, text text NOT NULL, status text NOT NULL);
  CREATE TABLE record_job (
    id text PRIMARY KEY, n bigint NOT NULL DEFAULT nextval('record_order'), version int NOT NULL DEFAULT 1,
    "questionId" text NOT NULL REFERENCES record_question, phase text NOT NULL, attempts int NOT NULL);
  CREATE TABLE record_answer (
    id text PRIMARY KEY, n bigint NOT NULL DEFAULT nextval('record_order'), version int NOT NULL DEFAULT 1,
    "questionId" text NOT NULL REFERENCES record_question, text text NOT NULL, withdrawn boolean NOT NULL,
    lines jsonb NOT NULL, total numeric NOT NULL, CONSTRAINT total_of_lines CHECK (total = sum_of(lines)));
  CREATE TABLE record_delivery (
    id text PRIMARY KEY, n bigint NOT NULL DEFAULT nextval('record_order'), version int NOT NULL DEFAULT 1,
    "answerId" text NOT NULL REFERENCES record_answer, channel text NOT NULL, state text NOT NULL);
  CREATE TABLE record_feedback (
    id text PRIMARY KEY, n bigint NOT NULL DEFAULT nextval('record_order'), version int NOT NULL DEFAULT 1,
    "answerId" text NOT NULL REFERENCES record_answer, stars int NOT NULL, comment text NOT NULL);

  -- Locked, so that one which is being withdrawn is waited for.
  CREATE FUNCTION not_of_a_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE gone boolean; BEGIN
    SELECT withdrawn INTO gone FROM record_answer WHERE id = NEW."answerId" FOR SHARE;
    IF gone THEN RAISE EXCEPTION 'answer % is withdrawn', NEW."answerId" USING ERRCODE = '23514'; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER made BEFORE INSERT ON record_delivery FOR EACH ROW EXECUTE FUNCTION not_of_a_withdrawn();
  CREATE TRIGGER tried_again BEFORE UPDATE ON record_delivery FOR EACH ROW
    WHEN (NEW.state <> 'failed' AND NEW.state <> OLD.state) EXECUTE FUNCTION not_of_a_withdrawn();

  CREATE FUNCTION not_while_pending() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM 1 FROM record_delivery WHERE "answerId" = NEW.id AND state = 'pending';
    IF FOUND THEN RAISE EXCEPTION 'a delivery of answer % is pending', NEW.id USING ERRCODE = '23514'; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER withdrawn AFTER UPDATE ON record_answer FOR EACH ROW
    WHEN (NEW.withdrawn AND NOT OLD.withdrawn) EXECUTE FUNCTION not_while_pending();

  CREATE FUNCTION only_when_sent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM 1 FROM record_delivery WHERE "answerId" = NEW."answerId" AND state = 'sent';
    IF NOT FOUND THEN RAISE EXCEPTION 'answer % was not sent', NEW."answerId" USING ERRCODE = '23514'; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER given BEFORE INSERT ON record_feedback FOR EACH ROW EXECUTE FUNCTION only_when_sent()`;

class RecordError extends Error {
  readonly code: string;
  readonly expected?: number;
  readonly actual?: number;
  constructor(code: string, message: string, more: object = {}) {
    super(message);
    this.code = code;
    Object.assign(this, more);
  }
}

class PostgresRecords implements Records {
  readonly #sql: SqlPort;
  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  async create<K extends EntityKind>(kind: K, entity: Entities[K]): Promise<Versioned<Entities[K]>> {
    const fields = Object.keys(entity).map((field) => `"${field}"`);
    await this.#run(
      kind,
      `INSERT INTO record_${kind} (${fields}) SELECT ${fields} FROM jsonb_populate_record(NULL::record_${kind}, $1)`,
      [JSON.stringify(entity)],
    );
    return { ...entity, version: 1 };
  }

  async change<K extends EntityKind>(kind: K, id: string, expected: number, patch: Patch<K>) {
    const sets = Object.keys(patch).map((field) => `"${field}" = p."${field}"`);
    const changed = await this.#run(
      kind,
      `UPDATE record_${kind} e SET ${['version = e.version + 1', ...sets]}
         FROM jsonb_populate_record(NULL::record_${kind}, $3) p WHERE e.id = $1 AND e.version = $2
       RETURNING to_jsonb(e) - 'n' AS entity`,
      [id, expected, JSON.stringify(patch)],
    );
    return (changed ?? (await this.#refuse(kind, id, expected))) as Versioned<Entities[K]>;
  }

  async remove(kind: EntityKind, id: string, expected: number): Promise<void> {
    const text = `DELETE FROM record_${kind} e WHERE id = $1 AND version = $2 RETURNING to_jsonb(e) AS entity`;
    if (!(await this.#run(kind, text, [id, expected]))) await this.#refuse(kind, id, expected);
  }

  async get<K extends EntityKind>(kind: K, id: string): Promise<Versioned<Entities[K]> | undefined> {
    return (await this.#run(kind, `SELECT to_jsonb(e) - 'n' AS entity FROM record_${kind} e WHERE id = $1`, [
      id,
    ])) as never;
  }

  async view(questionId: string): Promise<QuestionView | undefined> {
    const all = (kind: EntityKind, where: string) =>
      `(SELECT coalesce(jsonb_agg(to_jsonb(e) - 'n' ORDER BY e.n), '[]') FROM record_${kind} e WHERE ${where})`;
    const mine = '"questionId" = q.id';
    const ofMine = `"answerId" IN (SELECT id FROM record_answer WHERE ${mine})`;
    return (await this.#run(
      'question',
      `SELECT jsonb_build_object('question', to_jsonb(q) - 'n', 'jobs', ${all('job', mine)},
              'answers', ${all('answer', mine)}, 'deliveries', ${all('delivery', ofMine)},
              'feedback', ${all('feedback', ofMine)}) AS entity
         FROM record_question q WHERE id = $1`,
      [questionId],
    )) as unknown as QuestionView | undefined;
  }

  async #refuse(kind: EntityKind, id: string, expected: number): Promise<never> {
    const actual = (await this.get(kind, id))?.version;
    if (actual === undefined) throw new RecordError('NOT_FOUND', `no ${kind} ${id}`);
    throw new RecordError('VERSION_CONFLICT', `${kind} ${id} has changed`, { expected, actual });
  }

  async #run(kind: EntityKind, text: string, values: unknown[]): Promise<object | undefined> {
    try {
      return (await this.#sql.query<{ entity: object }>(text, values)).rows[0]?.entity;
    } catch (error) {
      const { code, message } = error as SqlFailure;
      if (code === '23505') throw new RecordError('ALREADY_EXISTS', `there is such a ${kind}`);
      if (code === '23503' || code === '23514') throw new RecordError('RULE_BROKEN', message);
      throw error;
    }
  }
}

export const createRecords: CreateRecords = ({ sql }) => new PostgresRecords(sql);
