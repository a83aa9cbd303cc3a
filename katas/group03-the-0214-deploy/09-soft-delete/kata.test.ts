import type { CreateKnowledgeBase } from '#answerdesk/seams/knowledge-base.ts';
import {
  addCollection,
  addDocument,
  deleteCollection,
  deleteDocument,
  docOf,
  EVERYWHERE,
  endOf,
  pass,
  purge,
  restoreCollection,
  restoreDocument,
  said,
  someAct,
  together,
  wordOf,
} from '#answerdesk/simulation/knowledge-acts.ts';
import { type KnowledgeAct, KnowledgeModel, perform, wrongReads } from '#answerdesk/simulation/knowledge-model.ts';
import { collectionOf, fill, list, mustBe, openOffice, wordIn } from '#answerdesk/simulation/knowledge-office.ts';
import { A, races } from '#answerdesk/simulation/knowledge-races.ts';
import { storedRows } from '#answerdesk/simulation/stored-rows.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import { cleanUp, type Ended, playCleanUp, recordedCleanUp } from '../incident/soft-delete.ts';
import * as kata from './kata.ts';

const createKnowledgeBase: CreateKnowledgeBase = kata.createKnowledgeBase;
const schema: string = kata.schema;
const at = { startAt: BEGINS };
const SECOND = 1000;

const office = (run: Run) => openOffice(run, { createKnowledgeBase, schema });

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
    const words = (id: string) => ['first', 'second'].map((which) => wordOf(seed, `${which} ${id}`));
    const search = async (tenant: string, ...of: (string | undefined)[]) =>
      (await by.base.search(tenant, of.join(' '))).map(({ id }) => id);
    const [first, second] = words('globex/Handbook/2');
    mustBe(await search('globex', first, second), ['globex/Handbook/2'], 'a search for two words of a document finds');
    mustBe(await search('acme', second), [], "a search for a word of another tenant's finds");
    mustBe(await search('acme', words('acme/Handbook/1')[1]), [], 'a search for a word of a deleted document finds');
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
    await by.done(deleteCollection('c'), addCollection(collectionOf('acme', name, 'e')));
    mustBe(
      (await by.base.collections('acme')).map(({ id }) => id),
      ['e'],
      'of three of one name, two of them deleted, acme has',
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
    const { base: later } = by.open(undefined, (await inAnotherProcess(() => import('./kata.ts'))).createKnowledgeBase);
    mustBe(
      await endOf(clock, later.restoreCollection('a')),
      'done',
      'restoring the collection a, by a process that began later',
    );
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
    for (let n = 0; n < 20; n++) {
      const act = someAct(seed, n, model.ids());
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
      const lists = {
        tenants: n % 4 === 3 ? ['acme', 'globex'] : ['acme'],
        collections: [],
        docs: [],
        word: EVERYWHERE,
      };
      const [wrong] = await wrongReads(by.base, model, n % 10 === 9 ? { ...lists, collections, docs } : lists);
      must(wrong === undefined, () => `${so} left it so that ${wrong}`);
    }
  },
  at,
);

behaviour(
  'at-once',
  'what is asked for at once ends as if one had come after the other',
  async (run) => {
    // A third of them on a seed, the others on the next two.
    const some = Object.entries(races(run)).filter((_, n) => (n + run.seed) % 3 === 0);
    for (const [name, race] of some) {
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

const HALF_WAY = {
  deletion: deleteCollection('a'),
  restore: restoreCollection('a'),
  purge,
  erasure: { do: 'erase', tenant: 'acme' },
} satisfies Record<string, KnowledgeAct>;

behaviour(
  'half-way',
  'a worker that dies half-way, or whose database fails, has done all of it or nothing, and told nothing that was not done',
  async (run) => {
    const { seed, clock } = run;
    for (const how of ['killed', 'failed'] as const) {
      const what = pick(seed, `what ${how}`, ['deletion', 'restore', 'purge', 'erasure'] as const);
      const act = HALF_WAY[what];
      // To kill a back end takes real time: once a seed. To fail costs nothing: before each statement.
      const killed = between(seed, 'killed before', 1, 4);
      const last = how === 'killed' ? killed : 9;
      for (let n = how === 'killed' ? killed : 1, reached = true; reached && n <= last; n++) {
        const by = office(run);
        const docs = await fill(by, seed, A, 3);
        const words = docs.map((id) => wordIn(seed, id));
        if (what === 'restore' || what === 'purge') await by.done(deleteCollection('a'));
        if (what === 'purge') await pass(clock, by.retentionMs + SECOND);
        by.told.length = 0;
        reached = false;
        const worker = by.open((statement) => {
          if (statement.n !== n) return;
          reached = true;
          if (how === 'failed') throw Object.assign(new Error('the connection was lost'), { code: '08006' });
          void worker.connection.kill();
        });
        const work = perform(worker.base, act);
        work.catch(() => {});
        if (how === 'killed') await clock.advance(10);
        const end = how === 'failed' ? await endOf(clock, work) : 'never';

        const where = `a ${what}, ${how} before its statement ${n}`;
        const listed = (await by.base.collections('acme')).length === 1;
        mustBe(
          await by.ids('a'),
          listed ? docs : [],
          `${where}, its collection ${listed ? '' : 'not '}listed: it shows`,
        );
        const left = await storedRows(by.db, words);
        must(left === 0 || left >= docs.length, () => `${where}: ${left} of ${docs.length} documents are left`);
        const changed = { deletion: !listed, restore: listed, purge: left === 0, erasure: left === 0 }[what];
        must(changed || by.told.length === 0, () => `${where}: nothing changed, and ${by.told[0]?.type} was told`);
        const reasons = ['done', 'NAME_TAKEN', 'NOT_FOUND', 'TOO_LATE'];
        must(changed || !reasons.includes(end), () => `${where}: nothing changed, and it ended as ${end}`);
        await by.done(act);
        if (what === 'purge') mustBe(by.proven(), ['a', ...docs], `${where}, and done again: the proofs name`);
        if (what === 'deletion') await by.done(restoreCollection('a'));
        const should = what === 'deletion' || what === 'restore' ? docs : [];
        mustBe(await by.ids('a'), should, `${where}, and done again: the collection shows`);
        must(should.length > 0 || (await storedRows(by.db, words)) === 0, `${where}, and done again: rows are left`);
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
    const words = docs.map((id) => wordIn(seed, id));
    must((await storedRows(by.db, words)) >= words.length, 'documents that were added are not in the database');
    await by.done(deleteDocument(`${tenant}/Handbook/1`), deleteDocument(`${tenant}/Prices/2`));
    await by.done(deleteDocument(`${other}/Handbook/1`), deleteCollection(`${tenant}/Prices`));
    await pass(clock, between(seed, 'later', 1, by.retentionMs / 2));
    await by.done({ do: 'erase', tenant });
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
