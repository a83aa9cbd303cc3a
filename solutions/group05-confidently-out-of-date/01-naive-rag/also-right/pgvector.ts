// On an engine of its own: pgvector in PGlite.
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { Passage } from '#answerdesk/knowledge.ts';
import type { CreateNaiveRag, Embedding, RagAnswer } from '#answerdesk/seams/naive-rag.ts';

// Started when the module is read, before any scene's time begins.
const db = await PGlite.create({ extensions: { vector } });
await db.exec('CREATE EXTENSION vector');
let tables = 0;

interface Row {
  id: string;
  passage: Passage;
  score: number;
}
const refused = (why: string) => Object.assign(new Error(why), { code: 'EMBEDDING_REFUSED' });

export const createNaiveRag: CreateNaiveRag = ({ embed, generate, emit }, { model, dimensions, k }) => {
  const table = `passages_${++tables}`;
  const created = db.exec(
    `CREATE TEMP TABLE ${table} (id text COLLATE "C" PRIMARY KEY, passage jsonb NOT NULL, embedding vector(${dimensions}) NOT NULL)`,
  );

  /** As pgvector reads it; null where it has no direction. */
  const literal = (embedding: Embedding): string | null => {
    const values = Array.from(embedding.vector);
    if (embedding.model !== model || values.length !== dimensions) throw refused(`${embedding.model}/${values.length}`);
    const largest = Math.max(...values.map(Math.abs));
    if (!Number.isFinite(largest)) throw refused('not finite');
    return largest === 0 ? null : JSON.stringify(values);
  };
  const nearest = async (question: string, most: number, among?: ReadonlySet<string>): Promise<Row[]> => {
    const asked = literal(await embed(question));
    if (asked === null) return [];
    await created;
    const { rows } = await db.query<Row>(
      `SELECT id, passage, 1 - (embedding <=> $1) AS score FROM ${table}
        WHERE $2::text[] IS NULL OR id = ANY ($2) ORDER BY embedding <=> $1, id LIMIT $3`,
      [asked, among ? [...among] : null, most],
    );
    return rows;
  };

  return {
    async add(passages) {
      const rows = passages.map((one) => ({ id: one.passage.id, passage: one.passage, embedding: literal(one) }));
      if (rows.some(({ embedding }) => embedding === null)) throw refused('no direction');
      await created;
      await db.query(
        `INSERT INTO ${table} SELECT id, passage, embedding::vector
           FROM jsonb_to_recordset($1) AS row (id text, passage jsonb, embedding text)
         ON CONFLICT (id) DO UPDATE SET passage = excluded.passage, embedding = excluded.embedding`,
        [JSON.stringify(rows)],
      );
    },
    search: async (question, most, among) =>
      (await nearest(question, most, among)).map(({ id, score }) => ({ id, score })),
    async answer(question): Promise<RagAnswer> {
      await created;
      const { rows } = await db.query(`SELECT 1 FROM ${table} LIMIT 1`);
      const found = rows.length > 0 ? await nearest(question, k) : [];
      if (found.length === 0) {
        const reason = rows.length > 0 ? 'nothing found' : 'nothing indexed';
        emit({ type: 'QuestionUnanswered', data: { reason } });
        return { answered: false, reason };
      }
      const context = found.map(({ passage }) => passage.text).join('\n\n');
      const text = await generate(`Context:\n${context}\n\nQuestion: ${question}`);
      return {
        answered: true,
        text,
        passages: found.map(({ passage: { id, page, start, end } }) => ({ id, page, start, end })),
      };
    },
  };
};
