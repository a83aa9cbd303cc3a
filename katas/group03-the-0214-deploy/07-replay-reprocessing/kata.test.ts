import { isDeepStrictEqual } from 'node:util';
import type { EventLog, EventToAppend } from '#answerdesk/event-log.ts';
import type { CreateProjection, ProjectionPolicy, Totals } from '#answerdesk/seams/projection.ts';
import { bill, billsOf, refundOf, totalsOf, withoutZeros } from '#answerdesk/simulation/bills.ts';
import type { Moment } from '#answerdesk/simulation/mortal.ts';
import {
  type Call,
  type Port,
  type ProjectionProcess,
  ProjectionWorld,
} from '#answerdesk/simulation/projection-world.ts';
import { openEventStore } from '#kit/event-log/event-store.ts';
import { memoryEventLog } from '#kit/event-log/memory.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { POLICY, playWrongTotals, recordedTotals, wrongTotals } from '../incident/replay-reprocessing.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';

// Loaded here too, so that one which doesn't load is found out before a scene is played.
import './kata.ts';

const newProcess = async (): Promise<CreateProjection> =>
  (await inAnotherProcess(() => import('./kata.ts'))).createProjection;

const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;
const A_WHILE = 30_000;
const A_DAY = 24 * 3_600_000;

interface Started {
  policy?: Partial<ProjectionPolicy>;
  log?: EventLog;
  pageMs?: number;
}

/** A world, and processes of its own. What is asked of one is waited for. */
function begin({ seed, clock }: Run, { policy, log = memoryEventLog(), pageMs }: Started = {}) {
  const world = new ProjectionWorld({ seed, now: clock.now, log, ...(pageMs && { pageMs }) });
  const rules: ProjectionPolicy = { batch: between(seed, 'batch', 2, 9), limitMicros: 1_000_000_000, ...policy };
  let started = 0;
  const start = async () => world.process(`worker-${++started}`, await newProcess(), rules);
  const done = async <T>(what: string, call: Call<T>, patience = A_WHILE): Promise<T> => {
    await clock.advance(patience);
    must(!call.failure, () => `${what} failed: ${call.failure?.code ?? ''} ${call.failure?.message}`);
    must(call.endedAt !== undefined, `${what} hadn't ended after ${patience / 1000} s`);
    return call.result as T;
  };
  const catchUp = (process: ProjectionProcess) => done('catching up', process.catchUp());
  const rebuild = (process: ProjectionProcess) => done('the rebuild', process.rebuild());
  const totals = async (process: ProjectionProcess) => withoutZeros(await done('reading', process.totals(), 1_000));
  return { world, rules, start, done, catchUp, rebuild, totals };
}
type Scene = ReturnType<typeof begin>;

const json = (value: unknown) => JSON.stringify(value);

/** Names the first tenant whose total is another than these events come to. */
function mustBe(shown: Totals, events: readonly EventToAppend[], when: string): void {
  const { totals } = totalsOf(events);
  const tenants = [...new Set([...Object.keys(totals), ...Object.keys(withoutZeros(shown))])];
  const wrong = tenants.filter((tenant) => !isDeepStrictEqual(withoutZeros(shown)[tenant], totals[tenant]));
  const [first = ''] = wrong;
  must(
    wrong.length === 0,
    () =>
      `${wrong.length} of ${tenants.length} tenants have another total than the log ${when} (${first}: ${json(shown[first])}, and by the log ${json(totals[first])})`,
  );
}

/** Each of these was told, under one key of its own; and nobody else. */
function mustHaveTold({ world }: Pick<Scene, 'world'>, passed: readonly string[], most: number): void {
  const keys = new Set(world.mails.map(({ tenant, key }) => json([tenant, key])));
  for (const tenant of new Set([...passed, ...world.mails.map((mail) => mail.tenant)])) {
    const mails = world.mails.filter((mail) => mail.tenant === tenant);
    const should = passed.includes(tenant);
    must(should || mails.length === 0, () => `${tenant} was told that it has passed the limit, and never has`);
    must(!should || mails.length > 0, () => `${tenant} has passed the limit and was never told`);
    const own = new Set(mails.map(({ key }) => key)).size;
    must(own <= 1, () => `${tenant} was told ${mails.length} times, under ${own} keys`);
    must(
      mails.length <= most,
      () => `${tenant} was told ${mails.length} times, by ${mails.map(({ process }) => process).join(', ')}`,
    );
  }
  must(
    new Set(world.mails.map(({ key }) => key)).size === keys.size,
    'two tenants were told under the same key: one of them is never delivered',
  );
}

incident(
  'wrong totals are put right, and nobody sees a hole or is told anything again',
  {
    recorded: () => recordedTotals(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: wrongTotals,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { world, shown, rebuild } = await playWrongTotals(scene, run, newProcess);
    const bills = scene.bills.map((one) => one.bill);
    const answersOf = ({ result }: Call<Totals>) =>
      Object.values(result ?? {}).reduce((sum, { answers }) => sum + answers, 0);
    let most = 0;
    const views = shown.map((view) => {
      const answers = answersOf(view);
      most = Math.max(most, answers);
      return { answers, most };
    });
    const holes = views.filter((view) => view.answers < view.most - POLICY.batch);
    const [worst] = [...holes].sort((x, y) => x.answers - y.answers);
    must(
      worst === undefined,
      () =>
        `${holes.length} of ${shown.length} views of the totals had a hole, at worst ${worst?.answers} answers where there had been ${worst?.most}`,
      scene.rebuildEvent,
    );
    const before = world.mails.filter(({ at }) => at < scene.rebuildAt).map(({ tenant }) => tenant);
    const again = world.mails.filter(({ tenant, at }) => at >= scene.rebuildAt && before.includes(tenant));
    must(
      again.length === 0,
      () => `${again.length} tenants who had been told that they had passed the limit were told again by the rebuild`,
      scene.rebuildEvent,
    );
    must(
      rebuild?.endedAt !== undefined && !rebuild.failure,
      () => `the rebuild ${rebuild?.failure ? `failed: ${rebuild.failure.message}` : 'never ended'}`,
      scene.rebuildEvent,
    );
    mustBe(withoutZeros(shown.at(-1)?.result ?? {}), bills, 'at the end of the night');
    mustHaveTold({ world }, totalsOf(bills, POLICY.limitMicros).passed, 3);
  },
  { startAt: BEGINS },
);

behaviour(
  'fold',
  'totals are what the log comes to, however it was caught up with, and rebuilt they are the same',
  async (run) => {
    const { seed } = run;
    const at = begin(run);
    const live = await at.start();
    const events = billsOf(seed, 'fold', between(seed, 'events', 40, 70), TENANTS);
    // What is no bill may fill whole batches.
    const foreign = Array.from({ length: 2 * at.rules.batch }, (_, n) => ({ type: 'QuestionAsked', data: { n } }));
    events.splice(between(seed, 'foreign', 5, 30), 0, ...foreign);
    mustBe(await at.totals(live), [], 'before anything was billed');
    await at.catchUp(live);
    for (let from = 0; from < events.length; ) {
      const to = from + between(seed, `part ${from}`, 1, 20);
      await at.world.append(events.slice(from, to));
      await at.catchUp(live);
      mustBe(await at.totals(live), events.slice(0, to), `after ${Math.min(to, events.length)} events`);
      from = to;
    }
    const place = await at.world.places();
    const large = at.world.saves.find(({ from, checkpoint }) => place(checkpoint) - place(from) > at.rules.batch);
    must(
      !large,
      () =>
        `${place(large?.checkpoint ?? 0) - place(large?.from ?? 0)} events lay between two writes; the policy allows ${at.rules.batch}`,
    );
    const [rebuilder, reader] = [await at.start(), await at.start()];
    for (let n = 0; n < 3; n++) {
      await at.rebuild(rebuilder);
      mustBe(await at.totals(reader), events, 'after a rebuild');
    }
    must(at.world.slots.size <= 2, `${at.world.slots.size} slots are left after three rebuilds; two are enough`);
    await at.world.append(events);
    await at.catchUp(live);
    mustBe(await at.totals(reader), [...events, ...events], 'after a rebuild and what came later');
  },
);

behaviour('limit', 'a tenant is told once, when an event first takes its total past the limit', async (run) => {
  const { seed } = run;
  const limitMicros = between(seed, 'limit', 50, 90) * 1_000;
  const of = (tenant: string, micros: number) => bill(seed, `${tenant} ${micros}`, tenant, { micros });
  const large = of('dips', limitMicros - 10_000);
  const brief = of('brief', limitMicros + 1);
  const events = [
    ...[of('exactly', limitMicros - 500), of('exactly', 500)],
    ...[of('just', limitMicros - 500), of('just', 501), of('just', 700)],
    // Never above, in the order of the log; by the clocks of those who wrote it, it was.
    ...[large, refundOf(large), of('dips', limitMicros - 9_000)].map((event, n) => ({
      ...event,
      metadata: { at: `2026-05-19T02:1${[4, 6, 5][n]}:00.000Z` },
    })),
    ...[brief, refundOf(brief)],
    ...[of('again', limitMicros + 5), refundOf(of('again', limitMicros + 5)), of('again', limitMicros + 6)],
  ];
  const others = ['stark', 'wayne', 'tyrell'].map((tenant) => of(tenant, between(seed, tenant, 1, 2) * limitMicros));
  for (const batch of [1, 3, 50]) {
    const at = begin(run, { policy: { batch, limitMicros } });
    const all = [...events, ...shuffled(seed, 'others', others)];
    await at.world.append(all);
    let process = await at.start();
    await at.catchUp(process);
    const { passed } = totalsOf(all, limitMicros);
    mustHaveTold(at, passed, 1);
    process.kill();
    await run.clock.advance(A_DAY);
    process = await at.start();
    await at.world.append(passed.map((tenant) => of(tenant, 100)));
    await at.catchUp(process);
    mustHaveTold(at, passed, 1);
  }
});

behaviour(
  'mail-fails',
  'who could not be told is told later, under the same key, and nothing is counted twice',
  async (run) => {
    const { seed } = run;
    const at = begin(run, { policy: { limitMicros: 500 } });
    const events = billsOf(seed, 'mail', 30, TENANTS);
    await at.world.append(events);
    const process = await at.start();
    const when = pick(seed, 'when', ['before', 'after']);
    let failing = between(seed, 'failing', 1, 3);
    at.world.interfere = (moment) =>
      moment.port === 'sendMail' && moment.when === when && failing-- > 0
        ? new Error('451 try again later')
        : undefined;
    for (let n = 0; n < 5; n++) {
      const call = (n < 3 ? process : await at.start()).catchUp();
      await run.clock.advance(A_WHILE);
      must(call.endedAt !== undefined, 'a mail could not be sent, and catching up never ended');
    }
    mustBe(await at.totals(process), events, 'after a mail could not be sent');
    mustHaveTold(at, totalsOf(events, 500).passed, 5);
  },
);

behaviour(
  'store-fails',
  'when the log or the store fails, who called is told, and it is made up for later',
  async (run) => {
    const { seed, clock } = run;
    const at = begin(run);
    const events = billsOf(seed, 'fails', 30, TENANTS);
    const process = await at.start();
    await at.world.append(events.slice(0, 10));
    await at.catchUp(process);
    await at.world.append(events.slice(10));
    for (const port of ['readAll', 'load', 'save'] as const) {
      const when = port === 'save' ? pick(seed, 'when', ['before', 'after']) : 'before';
      const code = pick(seed, port, ['ECONNRESET', 'ETIMEDOUT', 'EPIPE']);
      at.world.interfere = (moment) =>
        moment.port === port && moment.when === when
          ? Object.assign(new Error(`${port}: ${code}`), { code })
          : undefined;
      const call = process.catchUp();
      await clock.advance(A_WHILE);
      must(
        call.failure?.code === code,
        () => `${port} failed for 30 s with ${code}; who was catching up was told ${call.failure ?? 'nothing'}`,
      );
    }
    at.world.interfere = () => undefined;
    await at.catchUp(process);
    mustBe(await at.totals(process), events, 'after the log and the store had failed');
  },
);

behaviour(
  'killed',
  'a process killed at any point is followed by one that counts nothing twice and misses nothing',
  async (run) => {
    const { seed } = run;
    const events = billsOf(seed, 'killed', 24, TENANTS);
    for (const moment of moments(['readAll', 'load', 'save', 'sendMail', 'active', 'activate'])) {
      const nth = between(seed, `nth ${moment.when} ${moment.port}`, 1, 3);
      const at = begin(run, { policy: { batch: 5, limitMicros: 12_000 } });
      await at.world.append(events.slice(0, 16));
      const doomed = await at.start();
      const killed = diesAt(at.world, doomed, moment, nth);
      doomed.catchUp();
      await run.clock.advance(A_WHILE + A_DAY);
      const next = await at.start();
      await at.world.append(events.slice(16));
      await at.catchUp(next);
      const where = killed() ? `${moment.when} ${moment.port}` : 'later';
      mustBe(await at.totals(next), events, `after a process died (${where})`);
      mustHaveTold(at, totalsOf(events, 12_000).passed, 2);
    }
  },
);

type Point = Omit<Moment<Port>, 'process'>;
function moments(ports: readonly Port[]): Point[] {
  return ports.flatMap((port) => (['before', 'after'] as const).map((when) => ({ port, when })));
}

/** The process dies at its nth such moment; says whether it has. */
function diesAt(world: ProjectionWorld, doomed: ProjectionProcess, { port, when }: Point, nth: number) {
  let seen = 0;
  world.interfere = (moment) => {
    if (moment.process === doomed && moment.port === port && moment.when === when && ++seen === nth) doomed.kill();
    return undefined;
  };
  return () => !doomed.alive;
}

behaviour('at-once', 'processes that catch up at the same time count each event once', async (run) => {
  const { seed, clock } = run;
  const at = begin(run, { policy: { limitMicros: 8_000 } });
  const events = billsOf(seed, 'at once', 60, TENANTS);
  const processes = [await at.start(), await at.start(), await at.start()];
  const { saves } = at.world;
  // One of them has read a page, and is slow to make something of it.
  const slow = pick(seed, 'slow', processes as [ProjectionProcess, ...ProjectionProcess[]]);
  let naps = 3;
  at.world.interfere = async ({ process, port, when }) => {
    if (process === slow && port === 'readAll' && when === 'after' && naps-- > 0) {
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    return undefined;
  };
  for (let to = 20; to <= events.length; to += 20) {
    await at.world.append(events.slice(to - 20, to));
    const place = await at.world.places();
    const calls: Call<void>[] = [];
    for (const process of processes) {
      await clock.advance(between(seed, `later ${process.name} ${to}`, 0, 15));
      calls.push(process.catchUp());
    }
    await clock.advance(A_WHILE);
    for (const call of calls) {
      await at.done('catching up beside another process', call, 0);
      const written = saves.filter((save) => save.at <= (call.endedAt ?? 0)).map(({ checkpoint }) => place(checkpoint));
      const reached = Math.max(0, ...written);
      must(reached >= to, () => `a process had caught up with ${to} events, and ${reached} of them were in the totals`);
    }
    mustBe(await at.totals(processes[0] as ProjectionProcess), events.slice(0, to), 'after three caught up at once');
  }
  const older = saves.find(({ from, checkpoint }) => checkpoint < from);
  must(!older, () => `${older?.process} wrote over newer totals with older ones`);
  mustHaveTold(at, totalsOf(events, 8_000).passed, processes.length);
});

behaviour('puts-right', 'a rebuild makes nothing of what was there before, be it right or wrong', async (run) => {
  const { seed } = run;
  const at = begin(run);
  const events = billsOf(seed, 'wrong', 50, TENANTS);
  await at.world.append(events.slice(0, 40));
  const [old, broken] = [await at.start(), await at.start()];
  const factor = between(seed, 'factor', 2, 9);
  at.world.upcast = (event) => ({ ...event, data: { ...event.data, tokens: Number(event.data['tokens']) * factor } });
  await at.catchUp(old);
  // Two rebuilds by the build that reads wrongly: one is done, one dies in its midst.
  await at.rebuild(broken);
  broken.rebuild();
  await run.clock.advance(between(seed, 'dies', 20, 150));
  broken.kill();
  old.kill();
  at.world.upcast = (event) => event;
  const mended = await at.start();
  await at.world.append(events.slice(40));
  await at.catchUp(mended);
  await at.rebuild(mended);
  await at.catchUp(mended);
  mustBe(await at.totals(mended), events, 'after the rebuild');
  must(
    at.world.mails.length === 0,
    () => `${at.world.mails[0]?.tenant} was told that it has passed a limit that nobody has`,
  );
});

behaviour('silent', 'a rebuild tells nobody anything, and those who pass the limit meanwhile are told', async (run) => {
  for (const where of ['in a process of its own', 'beside catching up', 'before anything'] as const)
    await rebuilt(run, where);
});

async function rebuilt(run: Run, where: string): Promise<void> {
  const { seed, clock } = run;
  const limitMicros = 100_000;
  const at = begin(run, { policy: { limitMicros }, pageMs: 200 });
  const past = (tenant: string) =>
    bill(seed, `past ${tenant}`, tenant, { micros: limitMicros + between(seed, tenant, 1, 99) });
  const events = billsOf(seed, `silent ${where}`, 40, TENANTS).concat(['hooli', 'stark'].map(past));
  await at.world.append(events);
  const live = await at.start();
  const rebuilder = where === 'beside catching up' ? live : await at.start();
  if (where !== 'before anything') await at.catchUp(live);
  const known = [...at.world.mails];
  // One passes before the rebuild and hasn't been seen yet, one while it is under way, one later.
  const later = ['wayne', 'tyrell', 'wonka'].map(past);
  await at.world.append(later.slice(0, 1));
  const rebuild = rebuilder.rebuild();
  await clock.advance(between(seed, `meanwhile ${where}`, 50, 500));
  await at.world.append(later.slice(1, 2));
  const beside = where === 'beside catching up' || pick(seed, where, [true, false]) ? live.catchUp() : undefined;
  await at.done('the rebuild', rebuild, 2 * A_WHILE);
  if (beside) await at.done('catching up beside a rebuild', beside, 0);
  const told = at.world.mails.filter(({ process }) => process === rebuilder.name && rebuilder !== live);
  must(
    told.length === 0,
    () => `a rebuild told ${told.length} tenants that they had passed the limit (first: ${told[0]?.tenant})`,
  );
  await at.world.append(later.slice(2));
  await at.catchUp(pick(seed, `goes on ${where}`, [live, rebuilder]));
  const all = [...events, ...later];
  mustBe(await at.totals(live), all, 'after a rebuild and what came meanwhile');
  const again = known.find(({ tenant }) => at.world.mails.filter((mail) => mail.tenant === tenant).length > 1);
  must(!again, () => `${again?.tenant} had been told before the rebuild, and was told again`);
  mustHaveTold(at, totalsOf(all, limitMicros).passed, 3);
}

behaviour(
  'swap',
  'who reads while the totals are rebuilt sees whole ones, and newer ones as they come',
  async (run) => {
    for (const late of ['reader', 'writer'] as const) await swapped(run, late);
  },
);

async function swapped(run: Run, late: 'reader' | 'writer'): Promise<void> {
  const { seed, clock } = run;
  const at = begin(run, { pageMs: 120 });
  const events = billsOf(seed, `swap ${late}`, 105, TENANTS);
  await at.world.append(events.slice(0, 80));
  const [live, rebuilder, reader] = [await at.start(), await at.start(), await at.start()];
  await at.catchUp(live);
  const rebuild = rebuilder.rebuild();
  const held =
    late === 'reader' ? ({ process: reader, port: 'load' } as const) : ({ process: live, port: 'save' } as const);
  holdUntilSwapped(at, held, rebuild);
  const shown: Call<Totals>[] = [];
  const calls: Call<void>[] = [];
  for (let n = 0; n < 25; n++) {
    await at.world.append(events.slice(80 + n, 81 + n));
    if (calls.every(({ endedAt }) => endedAt !== undefined)) calls.push(live.catchUp());
    shown.push(reader.totals());
    await clock.advance(between(seed, `reads ${late} ${n}`, 200, 400));
  }
  await at.done('the rebuild', rebuild, 2 * A_WHILE);
  for (const call of calls) await at.done('catching up beside a rebuild', call, 0);
  for (const call of shown) await at.done('reading beside a rebuild', call, 0);
  await mustNeverGoBack(at, events, shown);
  await at.catchUp(live);
  mustBe(await at.totals(reader), events, 'after a rebuild and what came meanwhile');
}

/** What the process had begun to do before the swap, it does after it. */
function holdUntilSwapped({ world }: Scene, of: Omit<Moment<Port>, 'when'>, rebuild: Call<void>): void {
  let held = false;
  world.interfere = async ({ process, port, when }) => {
    const now = process === of.process && port === of.port && when === 'before' && world.now() > rebuild.at + 300;
    if (!now || held) return undefined;
    held = true;
    while (rebuild.endedAt === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    return undefined;
  };
}

/** Each view is what the log came to at some point, and no view is older than the one before it. */
async function mustNeverGoBack(
  { world }: Scene,
  events: readonly EventToAppend[],
  shown: Call<Totals>[],
): Promise<void> {
  const place = await world.places();
  const prefixes = events.map((_, n) => totalsOf(events.slice(0, n + 1)).totals);
  const swappedAt = world.activations.at(-1)?.at ?? Infinity;
  const forgiven = world.saves.filter(({ at }) => at <= swappedAt - 500).map(({ checkpoint }) => place(checkpoint));
  let least = 0;
  for (const { at, result = {}, endedAt = 0 } of shown) {
    const view = withoutZeros(result);
    const stands = prefixes.flatMap((prefix, n) => (isDeepStrictEqual(prefix, view) ? [n + 1] : []));
    must(stands.length > 0, () => `during a rebuild the page showed ${json(view)}, which the log never came to`);
    const floor = endedAt >= swappedAt ? Math.min(least, Math.max(...forgiven)) : least;
    const newest = Math.max(...stands);
    must(
      newest >= floor,
      () =>
        `during a rebuild the page showed what the log had come to after ${newest} events; a moment before it had been ${least}`,
    );
    if (at >= swappedAt || endedAt <= swappedAt) least = Math.max(least, Math.min(...stands.filter((n) => n >= floor)));
  }
}

behaviour('dies-rebuilding', 'a rebuild that dies leaves what readers see, and can be done anew', async (run) => {
  const { seed, clock } = run;
  const events = billsOf(seed, 'dies', 40, TENANTS);
  for (const moment of moments(['readAll', 'load', 'save', 'drop', 'active', 'activate'])) {
    const nth =
      moment.port === 'drop' ? between(seed, `nth ${moment.when}`, 1, 2) : between(seed, `nth ${moment.port}`, 1, 3);
    const at = begin(run, { policy: { limitMicros: 12_000 } });
    await at.world.append(events.slice(0, 30));
    const live = await at.start();
    await at.catchUp(live);
    const told = at.world.mails.length;
    const doomed = await at.start();
    const killed = diesAt(at.world, doomed, moment, nth);
    doomed.rebuild();
    await clock.advance(A_WHILE);
    const where = killed() ? `after a rebuild died (${moment.when} ${moment.port})` : 'after a rebuild';
    mustBe(await at.totals(live), events.slice(0, 30), where);
    await at.world.append(events.slice(30));
    await at.catchUp(live);
    mustBe(await at.totals(live), events, `${where} and more was billed`);
    const next = await at.start();
    await at.rebuild(next);
    mustBe(await at.totals(live), events, `${where} and another was done`);
    await at.catchUp(next);
    const { passed } = totalsOf(events, 12_000);
    mustHaveTold(at, passed, 2);
    must(
      at.world.mails.length <= Math.max(told, passed.length),
      () => `${at.world.mails.length} mails went out for ${passed.length} tenants ${where}`,
    );
  }
});

behaviour('event-store', 'all this holds on the event store', async (run) => {
  const { seed } = run;
  const at = begin(run, { log: openEventStore(), policy: { batch: 4, limitMicros: 9_000 } });
  const events = billsOf(seed, 'store', 14, TENANTS);
  await at.world.append(events.slice(0, 10));
  const doomed = await at.start();
  diesAt(
    at.world,
    doomed,
    shuffled(seed, 'dies', moments(['save', 'readAll', 'sendMail']))[0] as Point,
    between(seed, 'nth', 1, 2),
  );
  doomed.catchUp();
  await run.clock.advance(A_WHILE);
  const next = await at.start();
  await at.catchUp(next);
  await at.world.append(events.slice(10));
  await at.rebuild(next);
  await at.catchUp(next);
  mustBe(await at.totals(next), events, 'in the event store');
  mustHaveTold(at, totalsOf(events, 9_000).passed, 2);
});

tradeOff(
  'what is known is not replayed: a process that starts reads what is new, whatever befell a rebuild',
  async (run) => {
    const { seed, clock } = run;
    const at = begin(run, { policy: { batch: 50 } });
    const history = billsOf(seed, 'ten years', 600, TENANTS);
    await at.world.append(history);
    await at.catchUp(await at.start());
    const rebuilder = await at.start();
    rebuilder.rebuild();
    await clock.advance(between(seed, 'dies', 60, 200));
    rebuilder.kill();
    const events = billsOf(seed, 'today', between(seed, 'new', 5, 25), TENANTS);
    await at.world.append(events);
    const next = await at.start();
    await at.catchUp(next);
    for (let n = 0; n < 5; n++) await at.totals(next);
    const read = at.world.read.get(next.name) ?? 0;
    must(
      read <= events.length + 2 * at.rules.batch,
      `a process that started read ${read} events; ${events.length} were new, ${history.length} had been folded before`,
    );
    mustBe(await at.totals(next), [...history, ...events], 'as a whole');
  },
);
