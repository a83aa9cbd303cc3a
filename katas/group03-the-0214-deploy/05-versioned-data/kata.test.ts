import { isDeepStrictEqual } from 'node:util';
import type {
  CreatePriceBook,
  PriceBook,
  PriceBookEvent,
  PriceChange,
  PriceVersion,
} from '#answerdesk/seams/price-book.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { type ConnectionOptions, type Database, openDatabase } from '#kit/sql/database.ts';
import { behaviour, inAnotherProcess, incident, must, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import { playPriceNight, priceNight, recordedPriceNight } from '../incident/versioned-data.ts';
import * as kata from './kata.ts';

const createPriceBook: CreatePriceBook = kata.createPriceBook;
/** Rows that are written wait while the suite holds this lock: see `closeGate`. */
const GATE = 'hashtext(current_schema())';
const withGate = `
  CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE}); RETURN new; END $$;
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() LOOP
      EXECUTE format('CREATE TRIGGER gate BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION wait_at_gate()', name);
    END LOOP;
  END $$`;
const database = () => openDatabase({ schema: `${kata.schema};\n${withGate}` });
const inTime = { startAt: BEGINS };

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const iso = (ms: number) => new Date(ms).toISOString();
const HOUR = 3_600_000;

/** One process on the database, with what it said. */
function process(db: Database, name = 'worker', hooks: Omit<ConnectionOptions, 'name'> = {}, create = createPriceBook) {
  const said: PriceBookEvent[] = [];
  const connection = db.connect({ name, ...hooks });
  const answer = create({ sql: connection.sql, emit: (event) => void said.push(structuredClone(event)) });
  const book: PriceBook = {
    put: async (change) => answer.put({ ...change }),
    asOf: (item, when) => done(`the price of ${item}`, async () => answer.asOf(item, when && { ...when })),
    history: (item) => done(`the history of ${item}`, async () => answer.history(item)),
    addSold: (item, tokens) => done(`a count of ${tokens} tokens`, async () => answer.addSold(item, tokens)),
    sold: (item) => done(`what was sold of ${item}`, async () => answer.sold(item)),
  };
  return { book, said, kill: () => connection.kill() };
}

const FIELDS = ['item', 'version', 'micros', 'validFrom', 'recordedAt', 'by', 'why'] as const;
const same = (a?: PriceVersion, b?: PriceVersion) => FIELDS.every((field) => a?.[field] === b?.[field]);
const show = (version?: PriceVersion) =>
  version
    ? `version ${version.version} of ${version.item}: ${version.micros} from ${version.validFrom}, recorded ${version.recordedAt} by ${version.by} (${version.why})`
    : 'nothing';

/** What must not be refused. */
async function done<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    must(false, `${what} was refused: ${code ?? ''} ${message ?? error}`);
  }
}
type Outcome = { version: PriceVersion } | { expected: unknown; actual: unknown };
async function attempt(book: PriceBook, change: PriceChange): Promise<Outcome> {
  try {
    return { version: { ...(await book.put({ ...change })) } };
  } catch (error) {
    const { code, message, expected, actual } = error as {
      code?: string;
      message?: string;
      expected?: number;
      actual?: number;
    };
    must(
      code === 'VERSION_CONFLICT',
      () =>
        `a change of ${change.item} made on version ${change.expected} failed with ${code ?? 'no code'}: ${message}`,
    );
    return { expected, actual };
  }
}
async function put(book: PriceBook, change: PriceChange): Promise<PriceVersion> {
  const outcome = await attempt(book, change);
  must(
    'version' in outcome,
    () => `a change of ${change.item} made on version ${change.expected}, the latest, was refused with a conflict`,
  );
  return outcome.version;
}
function mustConflict(outcome: Outcome, { item, expected }: PriceChange, actual: number): void {
  must(
    !('version' in outcome),
    () =>
      `${item} was at version ${actual}; a change made on version ${expected} was saved as ${show((outcome as { version: PriceVersion }).version)}`,
  );
  must(
    outcome.expected === expected && outcome.actual === actual,
    () =>
      `${item} was at version ${actual} and a change made on ${expected} was refused with expected ${outcome.expected}, actual ${outcome.actual}`,
  );
}

function changeOf(seed: number, name: string, over: Partial<PriceChange> = {}): PriceChange {
  return {
    item: itemOf(seed),
    micros: between(seed, `micros ${name}`, 0, 90) * 100_000,
    validFrom: iso(BEGINS + between(seed, `valid ${name}`, -48, 24) * HOUR),
    by: pick(seed, `by ${name}`, ['mara', "o'neill", 'jonas']),
    why: `change ${name}`,
    expected: 0,
    ...over,
  };
}
const itemOf = (seed: number) => pick(seed, 'item', ["sol-large's", "sol-small's", "'sol-mini'; --", "sol $1's"]);
/** Changes of one item, each on the one before. */
async function putInTurn(book: PriceBook, changes: PriceChange[]): Promise<PriceVersion[]> {
  const versions: PriceVersion[] = [];
  for (const change of changes) versions.push(await put(book, { ...change, expected: versions.length }));
  return versions;
}
function mustKeep(history: PriceVersion[], versions: PriceVersion[], when: string): void {
  must(
    history.length === versions.length,
    () =>
      `${when} the history of ${versions[0]?.item} has ${history.length} versions; ${versions.length} were recorded`,
  );
  versions.forEach((version, n) => {
    must(same(history[n], version), () => `${when} ${show(version)} reads ${show(history[n])}`);
  });
}

/** What the versions say held at one time, as was known at another. */
function held(versions: readonly PriceVersion[], validAt: string, knownAt: string): PriceVersion | undefined {
  return versions
    .filter((version) => version.validFrom <= validAt && version.recordedAt <= knownAt)
    .sort((a, b) => a.validFrom.localeCompare(b.validFrom) || a.version - b.version)
    .at(-1);
}

incident(
  'what was charged that night is explained by what the table said, and no change of it is lost',
  {
    recorded: () => recordedPriceNight(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: priceNight,
    recordedSeed: RECORDED_SEED,
  },
  async (night, run) => {
    const { charged, saved, histories, failures } = await playPriceNight(night, createPriceBook, database(), run);
    const [failure] = failures;
    must(!failure, () => `${failure?.what} failed: ${failure?.error.message}`, failure?.event);
    const unexplained = charged.filter(({ micros, said }) => micros !== said);
    const [first] = unexplained;
    must(
      !first,
      () =>
        `${unexplained.length} of ${charged.length} charges can't be explained: ${first?.charge.charge} was charged at ${first?.micros} per million, and asked what it said then, the table says ${first?.said ?? 'nothing'}`,
      first?.charge.event,
    );
    const free = charged.filter(({ micros }) => micros === undefined);
    must(
      free.length === 0,
      () => `${free.length} of ${charged.length} answers had no price (first: ${free[0]?.charge.charge})`,
      free[0]?.charge.event,
    );
    const lost = saved.filter(({ version }) => !same(histories.get(version.item)?.[version.version - 1], version));
    must(
      lost.length === 0 && saved.length === night.edits.length,
      () =>
        `${lost.length} of ${saved.length} changes that were saved are in no history (first: ${show(lost[0]?.version)})`,
      lost[0]?.edit.event,
    );
    const now = iso(BEGINS + night.complaintsAt + HOUR);
    for (const { charge, at, today } of charged) {
      const should = held(histories.get(charge.item) ?? [], at, now)?.micros;
      must(
        should === today,
        () => `${charge.charge} should have been charged at ${should}, as we know today; the table says ${today}`,
        charge.event,
      );
    }
  },
  inTime,
);

behaviour(
  'current',
  'the price that was put last is the price, in every process and for its item alone',
  async ({ seed, clock }) => {
    const db = database();
    const [one, two] = [process(db, 'one'), process(db, 'two')];
    const item = itemOf(seed);
    must((await one.book.asOf(item)) === undefined, 'an item that never had a price has one');
    const prices = [
      between(seed, 'low', 0, 9),
      between(seed, 'usual', 1, 90) * 100_000,
      between(seed, 'yen', 3, 999) * 1e9,
    ];
    for (const [n, micros] of shuffled(seed, 'prices', prices).entries()) {
      const change = changeOf(seed, `${n}`, { micros, expected: n, validFrom: iso(BEGINS + clock.now()) });
      const should = { ...change, version: n + 1, recordedAt: iso(BEGINS + clock.now()) };
      const version = await put((n % 2 ? two : one).book, change);
      must(same(version, should), () => `what was put as ${show(should)} came back as ${show(version)}`);
      for (const { book } of [one, two]) {
        const price = await book.asOf(item);
        must(same(price, should), () => `${show(should)} was put; the price is ${show(price)}`);
      }
      if (n === 0) await put(one.book, changeOf(seed, 'other', { item: 'other' }));
      await clock.advance(between(seed, `then ${n}`, 1, 60_000));
    }
  },
  inTime,
);

behaviour(
  'versions',
  'every version is kept as it was put, numbered without gaps, for every process',
  async ({ seed, clock }) => {
    const db = database();
    const [one, two] = [process(db, 'one'), process(db, 'two')];
    const item = itemOf(seed);
    must((await one.book.history(item)).length === 0, 'an item that never had a price has a history');
    const versions: PriceVersion[] = [];
    for (let n = 0; n < 4; n++) {
      const change = changeOf(seed, `${n}`, { expected: n });
      const { book } = n % 2 ? two : one;
      const version = await put(book, change);
      const expected = { ...change, version: n + 1, recordedAt: iso(BEGINS + clock.now()) };
      must(same(version, expected), () => `what was put as ${show(expected)} came back as ${show(version)}`);
      await put(book, changeOf(seed, `other ${n}`, { item: 'other', expected: n }));
      versions.push(version);
      await clock.advance(between(seed, `then ${n}`, 0, 2) * 60_000);
      mustKeep(await (n % 2 ? one : two).book.history(item), versions, 'in another process');
    }
    await one.kill();
    const fresh = (await inAnotherProcess(() => import('./kata.ts'))).createPriceBook as CreatePriceBook;
    const three = process(db, 'three', {}, fresh).book;
    mustKeep(await three.history(item), versions, 'after a restart');
    const current = await two.book.asOf(item);
    must(same(await three.asOf(item), current), () => `two processes disagree about the price of ${item}`);
    versions.push(await put(three, changeOf(seed, 'last', { expected: 4 })));
    const now = iso(BEGINS + clock.now());
    for (const { book } of [two, { book: three }]) {
      const [price, should] = [await book.asOf(item), held(versions, now, now)];
      must(same(price, should), () => `another process had put ${show(should)}, and the price is ${show(price)}`);
    }
    const said = [one, two].flatMap((process) => process.said).filter(({ data }) => data.item === item);
    const announced = versions
      .slice(0, 4)
      .filter(({ version, micros, validFrom }) =>
        said.some(
          ({ type, data }) => type === 'PriceRecorded' && isDeepStrictEqual(data, { item, version, micros, validFrom }),
        ),
      );
    must(
      announced.length === 4 && said.length === 4,
      () =>
        `4 versions of ${item} were recorded; ${said.length} things were announced, ${announced.length} of them as it was`,
    );
  },
  inTime,
);

behaviour(
  'conflict',
  'a change made on any other version than the latest is refused with both, and leaves nothing',
  async ({ seed }) => {
    const db = database();
    const { book, said } = process(db);
    const count = between(seed, 'count', 2, 4);
    const versions = await putInTurn(
      book,
      Array.from({ length: count }, (_, n) => changeOf(seed, `${n}`, { validFrom: iso(BEGINS) })),
    );
    const announced = said.length;
    for (const expected of [0, 1, count - 1, count + 1, count + 7]) {
      const change = changeOf(seed, `on ${expected}`, { expected });
      mustConflict(await attempt(book, change), change, count);
    }
    const unknown = changeOf(seed, 'unknown', { item: 'never seen', expected: between(seed, 'never', 1, 3) });
    mustConflict(await attempt(book, unknown), unknown, 0);
    const [price, latest] = [await book.asOf(itemOf(seed)), versions.at(-1)];
    must(
      same(price, latest),
      () => `five changes were refused, and the price is ${show(price)}; it was ${show(latest)}`,
    );
    const news = said.slice(announced);
    must(
      news.length === 6 && news.every(({ type }) => type === 'PriceConflicted'),
      () => `6 changes were refused and announced as ${news.map(({ type }) => type).join(', ')}`,
    );
    const next = await put(book, changeOf(seed, 'next', { expected: count }));
    must(next.version === count + 1, `after ${count} versions and five conflicts the next version is ${next.version}`);
  },
  inTime,
);

/**
 * From now on every row that is written waits: whoever changes something has by then read what he goes by. What is
 * returned lets them on.
 */
async function closeGate(db: Database): Promise<() => void> {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  await new Promise<void>((closed) => {
    void db.connect({ name: 'gate' }).sql.session(async (session) => {
      await session.query(`SELECT pg_advisory_lock(${GATE})`);
      closed();
      await opened;
      await session.query(`SELECT pg_advisory_unlock(${GATE})`);
    });
  });
  return open;
}
behaviour(
  'race',
  'of all who change the same version at once exactly one succeeds, and the others learn of it',
  async ({ seed, clock }) => {
    const db = database();
    const workers = Array.from({ length: 3 }, (_, n) => process(db, `worker ${n + 1}`));
    const book = (n: number) => (workers[n % 3] as (typeof workers)[number]).book;
    const item = itemOf(seed);
    const before = between(seed, 'before', 0, 2);
    const setUp = Array.from({ length: before }, (_, n) => changeOf(seed, `${n}`));
    const quick = process(db, 'set-up').book;
    const known = await putInTurn(quick, setUp);
    const changes = Array.from({ length: 4 }, (_, n) => changeOf(seed, `race ${n}`, { expected: before }));
    const others = ['other 1', 'other 2'].map((other) => changeOf(seed, other, { item: other }));
    const open = await closeGate(db);
    const racing = Promise.all([...changes, ...others].map((change, n) => attempt(book(n), change)));
    racing.catch(() => {});
    await clock.advance(1_000);
    open();
    await clock.advance(60_000);
    const outcomes = await racing;
    const [raced, apart] = [outcomes.slice(0, changes.length), outcomes.slice(changes.length)];
    const won = raced.flatMap((outcome) => ('version' in outcome ? [outcome.version] : []));
    must(
      won.length === 1,
      () =>
        `${changes.length} changes were made on version ${before} of ${item} at once, and ${won.length} of them succeeded`,
    );
    changes.forEach((change, n) => {
      const outcome = raced[n] as Outcome;
      if (!('version' in outcome)) mustConflict(outcome, change, before + 1);
    });
    mustKeep(await book(0).history(item), [...known, ...won], 'after a race');
    const refused = apart.filter((outcome) => !('version' in outcome)).length;
    must(
      refused === 0,
      () => `${refused} of 2 changes of other items were refused because ${item} was changed at the same time`,
    );
    const said = workers.flatMap((worker) => worker.said).filter(({ data }) => data.item === item);
    const recorded = said.filter(({ type }) => type === 'PriceRecorded').length;
    must(
      recorded === 1 && said.length === changes.length,
      () =>
        `1 of ${changes.length} changes won; ${said.length} things were announced, ${recorded} of them that a price was recorded`,
    );
    const next = await put(quick, changeOf(seed, 'next', { expected: before + 1 }));
    must(next.version === before + 2, () => `after a race the version that follows ${before + 1} is ${next.version}`);
  },
  inTime,
);

behaviour(
  'as-of',
  'what held at any time is told as it was known at any time, and no later change alters that',
  async ({ seed, clock }) => {
    const db = database();
    const { book } = process(db);
    const item = itemOf(seed);
    const versions: PriceVersion[] = [];
    const seen: { at: string; price: PriceVersion | undefined }[] = [];
    for (let n = 0; n < 8; n++) {
      const now = BEGINS + clock.now();
      const validFrom = pick(seed, `kind ${n}`, [
        iso(now),
        iso(now - between(seed, `earlier ${n}`, 1, 30) * HOUR),
        iso(now + between(seed, `later ${n}`, 1, 12) * HOUR),
        versions[between(seed, `again ${n}`, 0, n)]?.validFrom ?? iso(now),
      ]);
      const change = changeOf(seed, `${n}`, { item, validFrom, micros: 1_000 + n, expected: n });
      versions.push(await put(book, change));
      if (n === 3 || n === 5) continue; // the next one comes in the same millisecond
      seen.push({ at: iso(BEGINS + clock.now()), price: await book.asOf(item) });
      await clock.advance(between(seed, `then ${n}`, 1, 5) * HOUR);
    }
    const instants = versions
      .flatMap(({ validFrom, recordedAt }) => [validFrom, recordedAt])
      .map((at) => Date.parse(at));
    const around = shuffled(seed, 'instants', instants).flatMap((at) => [
      at,
      at - 1,
      at + between(seed, `near ${at}`, 1, HOUR),
    ]);
    const asked = Array.from({ length: 24 }, (_, n) => ({
      validAt: iso(around[n % around.length] as number),
      knownAt: iso(around[between(seed, `known ${n}`, 0, around.length - 1)] as number),
    }));
    await Promise.all(
      asked.map(async (when) => {
        const [price, should] = [await book.asOf(item, { ...when }), held(versions, when.validAt, when.knownAt)];
        must(
          same(price, should),
          () =>
            `at ${when.validAt}, as was known at ${when.knownAt}, there held ${show(should)}; the book says ${show(price)}`,
        );
      }),
    );
    for (const { at, price } of seen) {
      const then = await book.asOf(item, { validAt: at, knownAt: at });
      must(
        same(then, price),
        () => `at ${at} the book said ${show(price)}; asked what it said then, it now says ${show(then)}`,
      );
    }
    mustKeep(await book.history(item), versions, 'after corrections');
  },
  inTime,
);

behaviour(
  'now',
  'unless a time is given it is now, and what was announced holds when its time has come',
  async ({ seed, clock }) => {
    const { book } = process(database());
    const item = itemOf(seed);
    const later = between(seed, 'later', 2, 9) * HOUR;
    const [list, announced] = await putInTurn(book, [
      changeOf(seed, 'list', { validFrom: iso(BEGINS - HOUR) }),
      changeOf(seed, 'announced', { validFrom: iso(BEGINS + later) }),
    ]);
    const mustBe = async (
      should: PriceVersion | undefined,
      what: string,
      when?: { validAt?: string; knownAt?: string },
    ) => {
      const price = await book.asOf(item, when);
      must(same(price, should), () => `${what} it is ${show(should)}; the book says ${show(price)}`);
    };
    await mustBe(list, 'now');
    await mustBe(announced, 'from then on', { validAt: iso(BEGINS + later) });
    await mustBe(list, '1 ms before', { validAt: iso(BEGINS + later - 1) });
    await mustBe(undefined, 'before it had a price', { validAt: iso(BEGINS - HOUR - 1) });
    await mustBe(undefined, 'as was known before anything was', { knownAt: iso(BEGINS - 1) });
    await clock.advance(later - 1);
    await mustBe(list, '1 ms before what was announced');
    await clock.advance(1);
    await mustBe(announced, 'when what was announced has begun');
    const corrected = await put(book, changeOf(seed, 'corrected', { expected: 2, validFrom: iso(BEGINS - HOUR) }));
    await mustBe(announced, 'after a correction of what held before');
    await mustBe(corrected, 'an hour ago, as we know now', { validAt: iso(BEGINS + later - HOUR) });
    await mustBe(announced, 'now, as we knew an hour ago', { knownAt: iso(BEGINS + later - HOUR) });
    await mustBe(list, 'an hour ago, as we knew then', {
      validAt: iso(BEGINS + later - HOUR),
      knownAt: iso(BEGINS + later - HOUR),
    });
    await clock.advance(HOUR);
    await mustBe(corrected, 'before the announced one, as we know by tomorrow', {
      validAt: iso(BEGINS),
      knownAt: iso(BEGINS + 99 * HOUR),
    });
  },
  inTime,
);

behaviour(
  'recorded-when',
  'a version is known from when it is in the database, not from when a worker meant to put it there',
  async ({ seed, clock }) => {
    const db = database();
    const reader = process(db, 'reader').book;
    let open = false;
    const slow = process(db, 'slow', {
      before: ({ text }) => {
        const inside = open;
        if (/^\s*(begin|start)/i.test(text)) open = true;
        if (/^\s*(commit|rollback|end)/i.test(text)) open = false;
        return inside ? undefined : sleep(5_000);
      },
    }).book;
    const item = itemOf(seed);
    const first = await put(reader, changeOf(seed, 'first', { validFrom: iso(BEGINS - HOUR) }));
    await clock.advance(between(seed, 'start', 1, 60) * 1_000);
    const putting = attempt(slow, changeOf(seed, 'slow', { expected: 1, validFrom: iso(BEGINS) }));
    let ended = false;
    void putting.finally(() => {
      ended = true;
    });
    const seen: string[] = [];
    while (!ended && seen.length < 40) {
      await clock.advance(1_700);
      if ((await reader.history(item)).length === 1) seen.push(iso(BEGINS + clock.now()));
    }
    await putting;
    for (const at of seen) {
      const then = await reader.asOf(item, { validAt: at, knownAt: at });
      must(
        same(then, first),
        () => `at ${at} the book had only ${show(first)}; asked what was known then, it says ${show(then)}`,
      );
    }
  },
  inTime,
);

behaviour(
  'killed',
  'a worker that is killed in the midst of a change leaves all of it or nothing',
  async ({ seed, clock }) => {
    const db = database();
    const other = process(db, 'other').book;
    const item = itemOf(seed);
    const versions = [await put(other, changeOf(seed, 'first'))];
    const { length: first } = db.statements;
    versions.push(await put(other, changeOf(seed, 'second', { expected: 1 })));
    const statements = db.statements.length - first;
    for (let n = 1; n <= statements; n++) {
      const how = pick(seed, `how ${n}`, ['killed before', 'killed after', 'cut off before']);
      const what = `the worker was ${how} its statement ${n} of ${statements}`;
      const change = changeOf(seed, what, { expected: versions.length });
      const strike = (moment: string) => (statement: { n: number }) => {
        if (statement.n !== n || !how.endsWith(moment)) return;
        if (how.startsWith('cut')) throw new Error('the connection was lost');
        void worker.kill();
      };
      const worker = process(db, what, { before: strike('before'), after: strike('after') });
      let resolved = false;
      let told: string | undefined;
      void worker.book.put(change).then(
        () => {
          resolved = true;
        },
        ({ code }) => {
          told = code;
        },
      );
      await clock.advance(1_000);
      if (how.startsWith('killed')) await worker.kill();
      const history = await other.history(item);
      const kept = history.length > versions.length;
      const announced = worker.said.some(({ type }) => type === 'PriceRecorded');
      must(kept || !resolved, () => `${what}: it said that the change was recorded, and it isn't`);
      must(
        told !== 'VERSION_CONFLICT' && !worker.said.some(({ type }) => type === 'PriceConflicted'),
        () => `${what}: nobody else had changed ${item}, and it was said that somebody had`,
      );
      must(kept || !announced, () => `${what}: PriceRecorded was announced, and nothing is`);
      if (kept)
        versions.push({ ...change, version: versions.length + 1, recordedAt: history.at(-1)?.recordedAt ?? '' });
      mustKeep(history, versions, `${what}:`);
      const now = iso(BEGINS + clock.now());
      const [price, should] = [await other.asOf(item), held(versions, now, now)];
      must(same(price, should), () => `${what}: the history says ${show(should)}, the price is ${show(price)}`);
    }
    const next = changeOf(seed, 'next', { expected: versions.length });
    versions.push(await put(other, next));
    mustKeep(await other.history(item), versions, 'after all these deaths');
  },
  inTime,
);

const COUNTS = 24;
const AT_ONCE = 6;
/** Rows that are no trail of every count: a counter may be spread. */
const SPREAD = 16;
async function tablesIn(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'",
  );
  return rows.map(({ name }) => name);
}

async function rowsIn(db: Database): Promise<number> {
  const counts = (await tablesIn(db)).map((name) => `(SELECT count(*) FROM ${name})`);
  const { rows } = await db.query<{ total: string }>(`SELECT ${counts.join(' + ') || '0'} AS total`);
  return Number(rows[0]?.total);
}

tradeOff(
  'what every answer changes is counted in full, waits for nobody and leaves no versions',
  async ({ seed, clock }) => {
    const db = database();
    const [one, two] = [process(db, 'one'), process(db, 'two')];
    const { book } = process(db, 'desk');
    const item = itemOf(seed);
    const versions = await putInTurn(book, [changeOf(seed, 'first'), changeOf(seed, 'second')]);
    must((await book.sold(item)) === 0, 'tokens were sold before any were');
    const large = between(seed, 'large', 3, 90) * 1_000_000_000;
    await book.addSold(item, large);
    const before = await rowsIn(db);
    const tokens = Array.from({ length: COUNTS }, (_, n) => between(seed, `tokens ${n}`, 1, 5_000));
    const count = (n: number) => (n % 2 ? one : two).book.addSold(item, tokens[n] as number);
    for (let n = AT_ONCE; n < COUNTS; n++) await count(n);
    const open = await closeGate(db);
    const counting = Promise.all(Array.from({ length: AT_ONCE }, (_, n) => count(n)));
    const meanwhile = put(book, changeOf(seed, 'meanwhile', { expected: 2 }));
    const all = Promise.all([counting, meanwhile, book.addSold('other', 7)]);
    all.catch(() => {});
    await clock.advance(1_000);
    open();
    await clock.advance(10_000);
    await all;
    versions.push(await meanwhile);
    versions.push(await put(book, changeOf(seed, 'afterwards', { expected: 3 })));
    const sold = large + tokens.reduce((sum, count) => sum + count, 0);
    for (const { book: by } of [one, two]) {
      const counted = await by.sold(item);
      must(
        counted === sold,
        () => `${sold} tokens were sold, the last ${AT_ONCE} times by two workers at once, and ${counted} were counted`,
      );
    }
    must((await book.sold('other')) === 7, 'tokens of one item were counted for another');
    const left = (await rowsIn(db)) - before;
    must(left <= SPREAD + 4, () => `${COUNTS} counts left ${left} rows: a million answers a day leave a million`);
    mustKeep(await book.history(item), versions, `after ${COUNTS} counts`);
  },
  inTime,
);
