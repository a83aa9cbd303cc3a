import type { Collection, CreateKnowledgeBase, KnowledgeBaseEvent } from '#answerdesk/seams/knowledge-base.ts';
import { addCollection, addDocument, docOf, endOf, said, wordOf } from '#answerdesk/simulation/knowledge-acts.ts';
import { type KnowledgeAct, perform } from '#answerdesk/simulation/knowledge-model.ts';
import { between } from '#kit/seeded.ts';
import { type Hook, openDatabase } from '#kit/sql/database.ts';
import { must, type Run } from '#kit/suite.ts';

const DAY = 86_400_000;
export interface KnowledgeBaseAnswer {
  createKnowledgeBase: CreateKnowledgeBase;
  schema: string;
}

/** The answer on a database of its own, in any number of processes. */
export function openOffice({ seed, clock }: Run, { createKnowledgeBase, schema }: KnowledgeBaseAnswer) {
  const db = openDatabase({ schema });
  const retentionMs = between(seed, 'retention', 1, 60) * DAY;
  const told: KnowledgeBaseEvent[] = [];
  const emit = (event: KnowledgeBaseEvent) => told.push(structuredClone(event));
  let processes = 0;
  const open = (before?: Hook, create = createKnowledgeBase) => {
    const connection = db.connect({ name: `worker ${++processes}`, before });
    return { connection, base: create({ sql: connection.sql, emit }, { retentionMs }) };
  };
  const [one, two] = [open().base, open().base];
  let turn = 0;
  /** 'done', or the code of the refusal. Two workers take turns. */
  const ask = (act: KnowledgeAct) => endOf(clock, perform(turn++ % 2 ? two : one, act));
  const done = async (...acts: KnowledgeAct[]) => {
    for (const act of acts) mustBe(await ask(act), 'done', said(act));
  };
  const refuses = async (act: KnowledgeAct, codes: string[], why: string) => {
    const end = await ask(act);
    must(codes.includes(end), () => `${said(act)}, ${why}, ended as ${end}`);
  };
  const ids = async (collection: string) => (await one.documents(collection)).map(({ id }) => id);
  const toldOf = (type: string) => told.filter((event) => event.type === type).map(({ data }) => String(data.id));
  /** The ids that the proofs of purges name. */
  const proven = () => told.flatMap(({ type, data }) => (type === 'Purged' ? (data.ids ?? []) : []));
  return { db, base: one, open, ask, done, refuses, ids, told, toldOf, proven, retentionMs };
}
export type Office = ReturnType<typeof openOffice>;

export const list = (is: string | readonly string[]) =>
  typeof is === 'string' ? is : [...is].sort().join(', ') || 'none';
export function mustBe(is: string | readonly string[], should: string | readonly string[], what: string): void {
  must(list(is) === list(should), () => `${what}: ${list(is)} instead of ${list(should)}`);
}

export const collectionOf = (tenant: string, name: string, id = `${tenant}/${name}`): Collection => ({
  id,
  tenant,
  name,
});
/** A collection of some documents; the ids of these. */
export async function fill(
  by: Office,
  seed: number,
  collection: Collection,
  count = between(seed, collection.id, 3, 5),
) {
  const docs = Array.from({ length: count }, (_, n) => docOf(seed, `${collection.id}/${n + 1}`, collection.id));
  await by.done(addCollection(collection), ...docs.map(addDocument));
  return docs.map(({ id }) => id);
}
export const wordIn = (seed: number, id: string) => wordOf(seed, `first ${id}`);
