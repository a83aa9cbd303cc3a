import {
  addCollection,
  addDocument,
  deleteCollection,
  deleteDocument,
  docOf,
  EVERYWHERE,
  pass,
  purge,
  restoreCollection,
  restoreDocument,
  type Together,
} from '#answerdesk/simulation/knowledge-acts.ts';
import type { KnowledgeAct } from '#answerdesk/simulation/knowledge-model.ts';
import { collectionOf, fill, list, mustBe, type Office, wordIn } from '#answerdesk/simulation/knowledge-office.ts';
import { storedRows } from '#answerdesk/simulation/stored-rows.ts';
import { roll } from '#kit/seeded.ts';
import { must, type Run } from '#kit/suite.ts';

const SECOND = 1000;
export const A = collectionOf('acme', 'Handbook', 'a');
const B = collectionOf('acme', 'Handbook', 'b');
export interface Race extends Together {
  before: (by: Office) => Promise<unknown>;
  after: (by: Office, ended: { first: string; second: string }, how: string) => Promise<unknown>;
}
/** What may be asked for at once, and what must hold after it. */
export const races = ({ seed, clock }: Run): Record<string, Race> => {
  const page = docOf(seed, 'a/page', 'a');
  const either = (one: KnowledgeAct, other: KnowledgeAct) =>
    roll(seed, `order ${one.do}`) < 0.5 ? { first: one, second: other } : { first: other, second: one };
  const oneName = async (by: Office, { first, second }: { first: string; second: string }, how: string) => {
    mustBe(
      (await by.base.collections('acme')).map(({ name }) => name),
      ['Handbook'],
      `${how}: there are`,
    );
    mustBe([first, second], ['NAME_TAKEN', 'done'], `${how}: they ended as`);
  };
  /** The document was added or restored while its collection was deleted. */
  const goesWithIt = async (by: Office, { first, second }: { first: string; second: string }, how: string) => {
    must((await by.base.document('a/page')) === undefined, `${how}: the document is shown without its collection`);
    mustBe(
      await by.base.search('acme', EVERYWHERE).then((docs) => docs.map(({ id }) => id)),
      [],
      `${how}: a search finds`,
    );
    await by.done(restoreCollection('a'));
    const refused = first !== 'done' || second !== 'done';
    mustBe(
      await by.ids('a'),
      refused ? [] : ['a/page'],
      `${how}, one ${refused ? 'refused' : 'after the other'}: the restore brings`,
    );
  };
  return {
    'two of one name': { before: async () => {}, first: addCollection(A), second: addCollection(B), after: oneName },
    'a restore and a new collection of that name': {
      before: (by) => by.done(addCollection(A), deleteCollection('a')),
      ...either(restoreCollection('a'), addCollection(B)),
      after: oneName,
    },
    'two restores of one name': {
      before: (by) => by.done(addCollection(A), deleteCollection('a'), addCollection(B), deleteCollection('b')),
      ...either(restoreCollection('a'), restoreCollection('b')),
      after: oneName,
    },
    'a deletion and a new document': {
      before: (by) => by.done(addCollection(A)),
      ...either(deleteCollection('a'), addDocument(page)),
      after: goesWithIt,
    },
    'a deletion and the restore of a document': {
      before: (by) => by.done(addCollection(A), addDocument(page), deleteDocument('a/page')),
      ...either(restoreDocument('a/page'), deleteCollection('a')),
      after: goesWithIt,
    },
    'two deletions': {
      before: (by) => fill(by, seed, A, 2),
      first: deleteCollection('a'),
      second: deleteCollection('a'),
      after: async (by, _, how) =>
        mustBe(by.toldOf('CollectionDeleted'), ['a'], `${how}: CollectionDeleted was told of`),
    },
    'a restore in the last second and the purge': {
      before: async (by) => {
        await fill(by, seed, A, 2);
        await by.done(deleteCollection('a'));
        await pass(clock, by.retentionMs - SECOND);
      },
      first: restoreCollection('a'),
      second: purge,
      laterMs: 2 * SECOND,
      async after(by, { first, second }, how) {
        const restored = first === 'done';
        must(restored || first === 'TOO_LATE' || first === 'NOT_FOUND', () => `${how}: the restore ended as ${first}`);
        mustBe(second, 'done', `${how}: the purge ended as`);
        mustBe(
          await by.ids('a'),
          restored ? ['a/1', 'a/2'] : [],
          `${how}: the restore ended as ${first}, and there are`,
        );
        must(!restored || by.proven().length === 0, () => `${how}: ${list(by.proven())} restored and purged`);
      },
    },
    'two purges': {
      before: async (by) => {
        await fill(by, seed, A, 2);
        await by.done(deleteDocument('a/1'), deleteCollection('a'));
        await pass(clock, by.retentionMs + SECOND);
      },
      first: purge,
      second: purge,
      async after(by, { first, second }, how) {
        mustBe([first, second], ['done', 'done'], `${how}: they ended as`);
        mustBe(by.proven(), ['a', 'a/1', 'a/2'], `${how}: the proofs name`);
      },
    },
    'an erasure and a new document': {
      before: (by) => fill(by, seed, A, 1),
      ...either({ do: 'erase', tenant: 'acme' }, addDocument(page)),
      async after(by, _, how) {
        const left = await storedRows(by.db, [wordIn(seed, 'a/page'), wordIn(seed, 'a/1')]);
        must(left === 0, () => `${how}: ${left} rows of the tenant are left`);
        mustBe(
          by.told.map(({ type }) => type),
          ['Erased'],
          `${how}: told was`,
        );
      },
    },
  };
};
