import type { Collection, CreateKnowledgeBase, KnowledgeBaseEvent } from '#answerdesk/seams/knowledge-base.ts';
import {
  addCollection,
  addDocument,
  deleteCollection,
  deleteDocument,
  endOf,
  pass,
  purge,
  restoreCollection,
  restoreDocument,
  said,
  someAct,
  type Together,
  together,
} from '#answerdesk/simulation/knowledge-acts.ts';
import { type KnowledgeAct, KnowledgeModel, perform, wrongReads } from '#answerdesk/simulation/knowledge-model.ts';
import { storedRows } from '#answerdesk/simulation/stored-rows.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { type Hook, openDatabase } from '#kit/sql/database.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import {
  cleanUp,
  docOf,
  type Ended,
  EVERYWHERE,
  playCleanUp,
  recordedCleanUp,
  wordOf,
} from '../incident/soft-delete.ts';
import * as kata from './kata.ts';

const createKnowledgeBase: CreateKnowledgeBase = kata.createKnowledgeBase;
const schema: string = kata.schema;
const at = { startAt: BEGINS };
const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** The answer on a database of its own, in any number of processes. */
function office({ seed, clock }: Pick<Run, 'seed' | 'clock'>) {
  const db = openDatabase({ schema });
  const retentionMs = between(seed, 'retention', 1, 60) * DAY;
  const told: KnowledgeBaseEvent[] = [];
  const emit = (event: KnowledgeBaseEvent) => told.push(structuredClone(event));
  let processes = 0;
  const open = (before?: Hook) => {
    const connection = db.connect({ name: `worker ${++processes}`, before });
    return { connection, base: createKnowledgeBase({ sql: connection.sql, emit }, { retentionMs }) };
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
type Office = ReturnType<typeof office>;

const list = (is: string | readonly string[]) => (typeof is === 'string' ? is : [...is].sort().join(', ') || 'none');
function mustBe(is: string | readonly string[], should: string | readonly string[], what: string): void {
  must(list(is) === list(should), () => `${what}: ${list(is)} instead of ${list(should)}`);
}

const collectionOf = (tenant: string, name: string, id = `${tenant}/${name}`): Collection => ({ id, tenant, name });
/** A collection of some documents; the ids of these. */
async function fill(by: Office, seed: number, collection: Collection, count = between(seed, collection.id, 3, 5)) {
  const docs = Array.from({ length: count }, (_, n) => docOf(seed, `${collection.id}/${n + 1}`, collection.id));
  await by.done(addCollection(collection), ...docs.map(addDocument));
  return docs.map(({ id }) => id);
}
const wordIn = (seed: number, id: string) => wordOf(seed, `first ${id}`);

incident(
  'what a clean-up script deleted by mistake comes back whole, and what had to go has gone',
  {
    recorded: () => recordedCleanUp(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: cleanUp,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const ended = await playCleanUp(scene, run, { createKnowledgeBase, schema });
    const asked = (by: Ended['step']['by']) => ended.filter(({ step }) => step.by === by);
    const restorable = asked('RestoreAsked').filter(({ should }) => !should.refused);
    const lost = restorable.filter(({ end }) => end !== 'done');
    must(
      lost.length === 0,
      () =>
        `${lost.length} of ${restorable.length} collections that a script had deleted by mistake could not be had back (${lost[0]?.end})`,
      lost[0]?.event,
    );
    const [wrong] = ended.filter((one) => one.wrong.length > 0);
    must(wrong === undefined, () => `after ${said(wrong?.step.act ?? purge)} ${wrong?.wrong[0]}`, wrong?.event);
    for (const { step, should, end, told, left, event } of ended) {
      const wanted = should.refused ?? 'done';
      const gone = ['NOT_FOUND', 'TOO_LATE'];
      must(
        end === wanted || (gone.includes(end) && gone.includes(wanted)),
        () => `${said(step.act)} ended as ${end} instead of ${wanted}`,
        event,
      );
      must(left === 0, () => `after ${said(step.act)} what had to be removed still stood in ${left} rows`, event);
      const proof = told.flatMap(({ type, data }) => (type === 'Purged' ? (data.ids ?? []) : []));
      must(
        step.act.do !== 'purge' || list(proof) === list(should.gone),
        () => `the purge had ${should.gone.length} rows to remove; its proof names ${proof.length}`,
        event,
      );
    }
  },
  at,
);

behaviour(
  'reads',
  'what is deleted is in no list, no count, no search and no lookup, and nothing else is missing there',
  async (run) => {
    const { seed } = run;
    const by = office(run);
    const model = new KnowledgeModel(by.retentionMs);
    const both = async (...acts: KnowledgeAct[]) => {
      await by.done(...acts);
      for (const act of acts) model.act(act, Date.now());
    };
    const tenants = ['acme', 'globex'];
    const collections = [
      ['acme', 'Handbook'],
      ['acme', 'Prices'],
      ['globex', 'Handbook'],
    ].map(([tenant = '', name = '']) => collectionOf(tenant, name));
    const docs = collections.flatMap(({ id }) => [1, 2, 3].map((n) => docOf(seed, `${id}/${n}`, id)));
    const look = {
      tenants,
      collections: collections.map(({ id }) => id),
      docs: docs.map(({ id }) => id),
      word: EVERYWHERE,
    };
    const mustShow = async (when: string) => {
      const [wrong] = await wrongReads(by.base, model, look);
      must(wrong === undefined, () => `${when} ${wrong}`);
    };
    await both(...collections.map(addCollection), ...shuffled(seed, 'docs', docs).map(addDocument));
    await mustShow('before anything was deleted');
    await both(deleteDocument(`acme/Prices/${between(seed, 'page', 1, 3)}`));
    await mustShow('after a document was deleted');
    await both(deleteCollection('acme/Handbook'));
    await mustShow('after a collection was deleted');
    const search = async (tenant: string, id: string, which: string) =>
      (await by.base.search(tenant, wordOf(seed, `${which} ${id}`))).map(({ id: found }) => found);
    mustBe(await search('acme', 'acme/Handbook/1', 'second'), [], 'a search for a word of a deleted document finds');
    mustBe(await search('globex', 'globex/Handbook/2', 'second'), ['globex/Handbook/2'], 'a search for its word finds');
    mustBe(await search('acme', 'globex/Handbook/2', 'first'), [], "a search for another tenant's word finds");
    await both(restoreCollection('acme/Handbook'));
    await mustShow('after a collection was restored');
  },
  at,
);

behaviour(
  'names',
  'the name of what is deleted is free again, for its tenant; a name that is there is taken',
  async (run) => {
    const by = office(run);
    const name = pick(run.seed, 'name', ['Handbook', 'Prices', 'FAQ']);
    await by.done(addCollection(collectionOf('acme', name, 'a')), addCollection(collectionOf('globex', name, 'b')));
    const again = addCollection(collectionOf('acme', name, 'c'));
    await by.refuses(again, ['NAME_TAKEN'], 'which is there already');
    await by.done(deleteCollection('a'), again);
    await by.refuses(addCollection(collectionOf('acme', name, 'd')), ['NAME_TAKEN'], 'there, and deleted before');
    await by.done(deleteCollection('c'), addCollection(collectionOf('acme', name, 'e')), deleteCollection('e'));
    await by.done(restoreCollection('c'));
    mustBe(
      (await by.base.collections('acme')).map(({ id }) => id),
      ['c'],
      `of three of one name acme has`,
    );
  },
  at,
);

behaviour(
  'comes-back-whole',
  'a collection comes back with the documents that went with it, and without those deleted before',
  async (run) => {
    const { seed, clock } = run;
    const by = office(run);
    const docs = await fill(by, seed, collectionOf('acme', 'Handbook', 'a'), 5);
    const [discarded = '', brought = '', ...others] = shuffled(seed, 'docs', docs);
    await by.done(deleteDocument(brought), restoreDocument(brought));
    await by.done(deleteDocument(discarded));
    // Within one instant, as a script does it, or some time later.
    if (roll(seed, 'later') < 0.5) await pass(clock, between(seed, 'how much later', 1, 5_000));
    await by.done(deleteCollection('a'));
    await by.refuses(addDocument(docOf(seed, 'a/late', 'a')), ['NOT_FOUND'], 'whose collection is deleted');
    await pass(clock, between(seed, 'support', 1, by.retentionMs / 2));
    await by.done(restoreCollection('a'));
    mustBe(await by.ids('a'), [brought, ...others], `without ${discarded}, deleted before, there came back`);
    await by.done(restoreDocument(discarded));
    mustBe(await by.ids('a'), docs, `after ${discarded} was restored there are`);
    await by.refuses(restoreCollection('nobody/knows'), ['NOT_FOUND'], 'which never was');
    await by.refuses(restoreDocument('nobody/knows/1'), ['NOT_FOUND'], 'which never was');
    await by.refuses(addDocument(docOf(seed, 'x/1', 'nobody/knows')), ['NOT_FOUND'], 'whose collection never was');
  },
  at,
);

behaviour(
  'name-taken',
  'a collection whose name has been taken meanwhile is not restored over the new one',
  async (run) => {
    const { seed } = run;
    const by = office(run);
    const oldDocs = await fill(by, seed, collectionOf('acme', 'Handbook', 'old'));
    await by.done(deleteCollection('old'));
    const newDocs = await fill(by, seed, collectionOf('acme', 'Handbook', 'new'));
    await by.refuses(restoreCollection('old'), ['NAME_TAKEN'], 'whose name another has now');
    mustBe(await by.ids('new'), newDocs, 'after a restore that was refused the new collection has');
    mustBe(await by.ids('old'), [], 'after a restore that was refused the old collection shows');
    mustBe(by.toldOf('CollectionRestored'), [], 'after a restore that was refused CollectionRestored was told of');
    await by.done(deleteCollection('new'), restoreCollection('old'));
    mustBe(await by.ids('old'), oldDocs, 'when the name was free again the old collection came back with');
  },
  at,
);

behaviour(
  'twice',
  'deleting and restoring twice is as once: nothing moves, and nothing is told again',
  async (run) => {
    const { seed, clock } = run;
    const by = office(run);
    const docs = await fill(by, seed, collectionOf('acme', 'Handbook', 'a'), 4);
    const [own = '', inside = '', ...others] = shuffled(seed, 'docs', docs);
    await by.done(deleteDocument(own), deleteCollection('a'));
    await pass(clock, by.retentionMs * 0.4);
    await by.done(deleteCollection('a'), deleteDocument(inside), deleteDocument(own));
    mustBe(by.toldOf('CollectionDeleted'), ['a'], 'one deletion was told as CollectionDeleted of');
    mustBe(by.toldOf('DocumentDeleted'), [own], 'one deletion was told as DocumentDeleted of');
    await by.refuses(restoreDocument(inside), ['NOT_FOUND'], 'whose collection is deleted');
    await by.refuses(restoreDocument(own), ['NOT_FOUND'], 'whose collection is deleted');
    await by.done(restoreCollection('a'), restoreCollection('a'));
    mustBe(by.toldOf('CollectionRestored'), ['a'], 'one restore was told as CollectionRestored of');
    mustBe(
      await by.ids('a'),
      [inside, ...others],
      `${inside} went with its collection and was deleted again then; there came back`,
    );
    await by.done(restoreDocument(own), restoreDocument(own), restoreDocument(inside));
    mustBe(by.toldOf('DocumentRestored'), [own], 'one restore was told as DocumentRestored of');
    mustBe(await by.ids('a'), docs, 'after all were restored there are');
    await by.done(deleteCollection('a'), deleteDocument(own));
    await pass(clock, by.retentionMs * 0.6);
    await by.done(deleteCollection('a'));
    await pass(clock, by.retentionMs * 0.6);
    await by.refuses(restoreCollection('a'), ['TOO_LATE'], 'whose retention counts from the first deletion');
  },
  at,
);

behaviour(
  'retention',
  'what was deleted can be had back until its retention is over, purged or not, counted anew each time',
  async (run) => {
    const { seed, clock } = run;
    const by = office(run);
    const docs = await fill(by, seed, collectionOf('acme', 'Handbook', 'a'), 2);
    await fill(by, seed, collectionOf('acme', 'Prices', 'b'), 3);
    await by.done(deleteDocument('b/1'), deleteDocument('b/2'), deleteCollection('a'));
    await pass(clock, by.retentionMs - SECOND);
    if (roll(seed, 'purges') < 0.5) await by.done(purge);
    await by.done(restoreCollection('a'), restoreDocument('b/1'));
    mustBe(await by.ids('a'), docs, '1 s before its retention was over a collection came back with');
    await pass(clock, 2 * SECOND);
    await by.refuses(restoreDocument('b/2'), ['TOO_LATE'], 'whose retention has been over for 1 s');
    mustBe(await by.ids('b'), ['b/1', 'b/3'], 'after a restore that was too late there are');
    await by.done(deleteCollection('a'), deleteDocument('b/1'), purge);
    await pass(clock, by.retentionMs - SECOND);
    await by.done(purge, restoreCollection('a'), restoreDocument('b/1'));
    mustBe(await by.ids('a'), docs, '1 s before the retention of its second deletion was over it came back with');
    await by.done(deleteCollection('a'));
    await pass(clock, by.retentionMs + SECOND);
    await by.refuses(restoreCollection('a'), ['TOO_LATE'], 'whose retention has been over for 1 s');
    mustBe(await by.ids('a'), [], 'a restore that was too late brought back');
  },
  at,
);

behaviour(
  'purge',
  'the purge removes for good what is past its retention and nothing else, and its proof names each once',
  async (run) => {
    const { seed, clock } = run;
    const by = office(run);
    const old = await fill(by, seed, collectionOf('acme', 'Handbook', 'old'));
    const young = await fill(by, seed, collectionOf('acme', 'Prices', 'young'));
    const live = await fill(by, seed, collectionOf('acme', 'Refunds', 'live'));
    await by.done(
      deleteDocument('old/1'),
      deleteDocument('live/1'),
      deleteDocument('young/1'),
      deleteCollection('old'),
    );
    await pass(clock, by.retentionMs / 2);
    await by.done(purge, deleteCollection('young'), deleteDocument('live/2'));
    mustBe(by.proven(), [], 'after half of the retention there was purged');
    await pass(clock, by.retentionMs / 2 + SECOND);
    mustBe([...new Set(await Promise.all([by.ask(purge), by.ask(purge)]))], ['done'], 'two workers purged at once');
    const docs = [...old, 'live/1', 'young/1'];
    mustBe(by.proven(), ['old', ...docs], 'the proof of the purge names');
    const stored = await storedRows(by.db, [...docs.map((id) => wordIn(seed, id)), 'Page old/1']);
    must(stored === 0, () => `${stored} rows still hold what was purged`);
    await by.refuses(restoreCollection('old'), ['NOT_FOUND', 'TOO_LATE'], 'which was purged');
    await by.refuses(restoreDocument('live/1'), ['NOT_FOUND', 'TOO_LATE'], 'which was purged');
    await by.done(restoreCollection('young'), restoreDocument('live/2'));
    mustBe(await by.ids('young'), young.slice(1), 'of a collection deleted later the purge left');
    mustBe(await by.ids('live'), live.slice(1), 'of a collection that is there the purge left');
    await by.done(purge);
    mustBe(by.proven(), ['old', ...docs], 'after a purge of nothing the proofs name');
  },
  at,
);

behaviour(
  'sequences',
  'whatever the order of adding, deleting, restoring and purging, each ends as it must and shows what is there',
  async (run) => {
    const { seed, clock } = run;
    const by = office(run);
    const model = new KnowledgeModel(by.retentionMs);
    const trail: string[] = [];
    for (let n = 0; n < 24; n++) {
      const act = someAct(seed, n, model.ids(), (id, collection) => docOf(seed, id, collection));
      const wait = roll(seed, `waits ${n}`) < 0.4 ? between(seed, `waits for ${n}`, 1, 10) * 0.071 : 0;
      await pass(clock, Math.round(wait * by.retentionMs));
      const { refused, told } = model.act(act, Date.now());
      const before = by.told.length;
      const end = await by.ask(act);
      const so = `${said(act)}, after ${trail.slice(-3).join(', ') || 'nothing'},`;
      trail.push(said(act));
      // Where it is gone, or too late and its name taken as well, there is more than one reason.
      const reasons =
        refused && refused !== 'NAME_TAKEN' ? ['NOT_FOUND', 'TOO_LATE', 'NAME_TAKEN'] : [refused ?? 'done'];
      must(reasons.includes(end), () => `${so} ended as ${end} instead of ${refused ?? 'done'}`);
      const events = by.told.slice(before).filter(({ type }) => type !== 'Purged');
      mustBe(
        events.map(({ type, data }) => `${type} ${data.id}`),
        told ? [`${told.type} ${told.id}`] : [],
        `${so} was told as`,
      );
      const { collections, docs } = model.ids();
      const all = n % 8 === 7;
      const look = { collections: all ? collections : [], docs: all ? docs : [], word: EVERYWHERE };
      const [wrong] = await wrongReads(by.base, model, { ...look, tenants: ['acme', 'globex'] });
      must(wrong === undefined, () => `${so} left it so that ${wrong}`);
    }
  },
  at,
);

const A = collectionOf('acme', 'Handbook', 'a');
const B = collectionOf('acme', 'Handbook', 'b');
interface Race extends Together {
  before: (by: Office) => Promise<unknown>;
  after: (by: Office, ended: { first: string; second: string }, how: string) => Promise<unknown>;
}
const races = ({ seed, clock }: Run): Record<string, Race> => {
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
      lastsMs: 2 * SECOND,
      async after(by, { first }, how) {
        const restored = first === 'done';
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

behaviour(
  'at-once',
  'what is asked for at once ends as if one had come after the other',
  async (run) => {
    for (const [name, race] of Object.entries(races(run))) {
      for (let held = 1, more = true; more && held < 9; held++) {
        const by = office(run);
        await race.before(by);
        const { reached, ...ended } = await together(run.clock, (before) => by.open(before).base, race, held);
        await race.after(by, ended, `${name}, the first held before its statement ${held}`);
        await by.db.drop();
        more = reached;
      }
    }
  },
  at,
);

behaviour(
  'half-way',
  'a worker that dies half-way, or whose database fails, has done all of it or nothing, and told nothing that was not done',
  async (run) => {
    const { seed, clock } = run;
    for (const how of ['killed', 'failed'] as const) {
      const restores = roll(seed, `restores ${how}`) < 0.5;
      for (let n = 1, reached = true; reached && n < 9; n++) {
        const by = office(run);
        const docs = await fill(by, seed, A, 3);
        if (restores) await by.done(deleteCollection('a'));
        by.told.length = 0;
        reached = false;
        const worker = by.open((statement) => {
          if (statement.n !== n) return;
          reached = true;
          if (how === 'failed') throw Object.assign(new Error('the connection was lost'), { code: '08006' });
          void worker.connection.kill();
        });
        const act = restores ? restoreCollection('a') : deleteCollection('a');
        const work = perform(worker.base, act);
        work.catch(() => {});
        const end = how === 'failed' ? await endOf(clock, work) : await clock.advance(10);
        const there = await by.ids('a');
        const where = `${said(act)}, ${how} before its statement ${n}`;
        must(
          there.length === 0 || list(there) === list(docs),
          () => `${where}: ${there.length} of 3 documents are there`,
        );
        const changed = there.length > 0 === restores;
        must(changed || by.told.length === 0, () => `${where}: nothing changed, and ${by.told[0]?.type} was told`);
        must(end !== 'done' || changed, () => `${where}: nothing changed, and it ended as done`);
        await by.done(act, deleteCollection('a'), restoreCollection('a'));
        mustBe(await by.ids('a'), docs, `${where}: when it was done again there came back`);
        await by.db.drop();
      }
    }
  },
  at,
);

tradeOff(
  'a tenant that must be forgotten is forgotten at once: nothing of it can be restored, found, or read from the tables',
  async (run) => {
    const { seed, clock } = run;
    const by = office(run);
    const [tenant = '', other = ''] = shuffled(seed, 'tenants', ['acme', 'globex']);
    const docs = [
      ...(await fill(by, seed, collectionOf(tenant, 'Handbook'))),
      ...(await fill(by, seed, collectionOf(tenant, 'Prices'))),
    ];
    const theirs = await fill(by, seed, collectionOf(other, 'Handbook'));
    await by.done(deleteDocument(`${tenant}/Handbook/1`), deleteDocument(`${tenant}/Prices/2`));
    await by.done(deleteDocument(`${other}/Handbook/1`), deleteCollection(`${tenant}/Prices`));
    await pass(clock, between(seed, 'later', 1, by.retentionMs / 2));
    await by.done({ do: 'erase', tenant });
    const words = docs.map((id) => wordIn(seed, id));
    const left = await storedRows(by.db, words);
    must(left === 0, () => `${tenant} was erased, and its texts still stand in ${left} rows`);
    const named = await storedRows(by.db, [`${tenant}/Handbook`, `${tenant}/Prices`]);
    must(named === 0, () => `${tenant} was erased, and ${named} rows still name its collections`);
    const [wrong] = await wrongReads(by.base, new KnowledgeModel(0), {
      tenants: [tenant],
      collections: [`${tenant}/Handbook`, `${tenant}/Prices`],
      docs,
      word: EVERYWHERE,
    });
    must(wrong === undefined, () => `${tenant} was erased, and ${wrong}`);
    await by.refuses(restoreCollection(`${tenant}/Prices`), ['NOT_FOUND'], 'whose tenant was erased');
    await by.refuses(restoreDocument(`${tenant}/Handbook/1`), ['NOT_FOUND'], 'whose tenant was erased');
    const erased = by.told.flatMap(({ type, data }) => (type === 'Erased' ? [String(data.tenant)] : []));
    mustBe(erased, [tenant], 'Erased was told of');
    must(!words.some((word) => JSON.stringify(by.told).includes(word)), 'an event has a text of what was erased');
    await by.done(restoreDocument(`${other}/Handbook/1`));
    mustBe(await by.ids(`${other}/Handbook`), theirs, `${tenant} was erased; ${other} has`);
    await by.done(addCollection(collectionOf(tenant, 'Handbook')));
    mustBe(await by.ids(`${tenant}/Handbook`), [], `${tenant} was erased and came again; its new collection has`);
  },
  at,
);
