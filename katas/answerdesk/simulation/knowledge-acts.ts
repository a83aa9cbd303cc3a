import type { Collection, Doc, KnowledgeBase } from '#answerdesk/seams/knowledge-base.ts';
import { type KnowledgeAct, perform } from '#answerdesk/simulation/knowledge-model.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Hook } from '#kit/sql/database.ts';
import type { VirtualClock } from '#kit/virtual-time.ts';

const DAY = 86_400_000;

/** Stands in every document. */
export const EVERYWHERE = 'answerdesk';

/** A word that no language has. */
export function wordOf(seed: number, name: string): string {
  return Array.from({ length: 10 }, (_, n) => 'bcdfghjkmpqvwxz'[between(seed, `${name} ${n}`, 0, 14)]).join('');
}
export function docOf(seed: number, id: string, collection: string): Doc {
  const words = `${wordOf(seed, `first ${id}`)} ${wordOf(seed, `second ${id}`)}`;
  return { id, collection, title: `Page ${id}`, text: `What ${EVERYWHERE} says: ${words}.` };
}

/** Lets more time pass than a timer can count (24.8 days). */
export async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10 * DAY) await clock.advance(Math.min(left, 10 * DAY));
}

/** How it ended: 'done', the code of its refusal, or 'never' after 20 s. Time passes for what waits. */
export async function endOf(clock: VirtualClock, work: Promise<void>): Promise<string> {
  let ended: string | undefined;
  work.then(
    () => {
      ended = 'done';
    },
    (error) => {
      ended = String(error?.code ?? error);
    },
  );
  // No time passes while statements are under way: most end within the instant.
  for (let n = 0; n < 70 && ended === undefined; n++) await clock.advance(n < 10 ? 0 : n < 30 ? 1 : 500);
  return ended ?? 'never';
}

export interface Together {
  first: KnowledgeAct;
  second: KnowledgeAct;
  /** How long the first is held before the second begins, in ms. */
  laterMs?: number;
}
/**
 * Two things asked for at once: the first is held before its statement number `held` while the second is done, as far as
 * it can. `reached` says whether the first had so many statements.
 */
export async function together(
  clock: VirtualClock,
  open: (before?: Hook) => KnowledgeBase,
  { first, second, laterMs = 0 }: Together,
  held: number,
): Promise<{ first: string; second: string; reached: boolean }> {
  let reached = false;
  let go = () => {};
  const barrier = new Promise<void>((resolve) => {
    go = resolve;
  });
  const hold: Hook = ({ n }) => {
    if (n !== held) return;
    reached = true;
    return barrier;
  };
  const one = perform(open(hold), first);
  one.catch(() => {});
  await clock.advance(laterMs);
  const other = perform(open(), second);
  other.catch(() => {});
  await clock.advance(5);
  go();
  return { first: await endOf(clock, one), second: await endOf(clock, other), reached };
}

/** `restoring the collection acme/Handbook`. */
export function said(act: KnowledgeAct): string {
  if (act.do === 'addCollection') return `adding the collection ${act.collection.name}`;
  if (act.do === 'addDocument') return `adding the document ${act.doc.id}`;
  if (act.do === 'erase') return `erasing ${act.tenant}`;
  if (act.do === 'purge') return 'purging';
  const [, verb = '', thing = ''] = /^(delet|restor)e(\w+)$/.exec(act.do) ?? [];
  return `${verb}ing the ${thing.toLowerCase()} ${act.id}`;
}

export const addCollection = (collection: Collection): KnowledgeAct => ({ do: 'addCollection', collection });
export const addDocument = (doc: Doc): KnowledgeAct => ({ do: 'addDocument', doc });
export const deleteCollection = (id: string): KnowledgeAct => ({ do: 'deleteCollection', id });
export const deleteDocument = (id: string): KnowledgeAct => ({ do: 'deleteDocument', id });
export const restoreCollection = (id: string): KnowledgeAct => ({ do: 'restoreCollection', id });
export const restoreDocument = (id: string): KnowledgeAct => ({ do: 'restoreDocument', id });
export const purge: KnowledgeAct = { do: 'purge' };

/** Something to do with what there is: the n-th of a seeded sequence. */
export function someAct(
  seed: number,
  n: number,
  { collections, docs }: { collections: readonly string[]; docs: readonly string[] },
): KnowledgeAct {
  const which = (of: readonly string[], name: string) =>
    of[between(seed, `${name} ${n}`, 0, Math.max(0, of.length - 1))] ?? 'nothing';
  const tenant = pick(seed, `tenant ${n}`, ['acme', 'acme', 'globex']);
  const adds = addCollection({ id: `c-${n}`, tenant, name: pick(seed, `name ${n}`, ['A', 'B', 'C']) });
  if (n < 3 || collections.length === 0) return adds;
  const addsDoc = addDocument(docOf(seed, `d-${n}`, which(collections, 'into')));
  if (n < 6 || docs.length === 0) return addsDoc;
  const [collection, doc] = [which(collections, 'collection'), which(docs, 'doc')];
  return pick<KnowledgeAct>(seed, `act ${n}`, [
    deleteCollection(collection),
    deleteCollection(collection),
    restoreCollection(collection),
    restoreCollection(collection),
    deleteDocument(doc),
    deleteDocument(doc),
    restoreDocument(doc),
    restoreDocument(doc),
    roll(seed, `adds ${n}`) < 0.5 ? adds : addsDoc,
    purge,
  ]);
}
