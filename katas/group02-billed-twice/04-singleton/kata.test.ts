import type {
  AnswerConfig,
  CreateSingletons,
  Lease,
  SingletonEvent,
  Singletons,
} from '#answerdesk/seams/singletons.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { openDatabase } from '#kit/sql/database.ts';
import { schemaOf } from '#kit/sql/schema-of.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import { loadMs, NEW, OLD, recordedStart, type Start, start, type Taken, WORKERS } from '../incident/singleton.ts';
import * as kata from './kata.ts';

const createSingletons: CreateSingletons = kata.createSingletons;
const schema = schemaOf(kata);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
/** A lock may be looked at now and then, and kept in a database. */
const SOON_MS = 250;

const configOf = (seed: number, version: number): AnswerConfig => ({
  version,
  model: pick(seed, `model ${version}`, ['sol-large', 'sol-small']),
  promptVersion: between(seed, `prompt ${version}`, 20, 90),
});

interface Load {
  at: number;
  endedAt?: number;
  version?: number;
}
/** One process. Its nth load, from 1, does as `store` says. */
function begin(
  { seed, clock }: Run,
  store: (nth: number) => Promise<number> = async (nth) => sleep(200).then(() => nth),
) {
  const loads: Load[] = [];
  const events: SingletonEvent[] = [];
  const { sql } = openDatabase({ schema }).connect({ name: 'worker' });
  const shared = createSingletons({
    sql,
    emit: (event) => events.push(structuredClone(event)),
    load: async () => {
      const load: Load = { at: clock.now() };
      loads.push(load);
      try {
        load.version = await store(loads.length);
        return configOf(seed, load.version);
      } finally {
        load.endedAt = clock.now();
      }
    },
  });
  return { shared, loads, events };
}

/** What `work` comes to by then, without waiting for more than that. */
async function within<T>(
  { clock }: Run,
  ms: number,
  work: Promise<T>,
): Promise<{ value: T } | { error: Error } | undefined> {
  let settled: { value: T } | { error: Error } | undefined;
  work.then(
    (value) => {
      settled = { value };
    },
    (error: Error) => {
      settled = { error };
    },
  );
  await clock.advance(ms);
  return settled;
}
const given = <T>(settled: { value: T } | { error: Error } | undefined): T | undefined =>
  settled && 'value' in settled ? settled.value : undefined;

/** A turn in a lock. */
interface Turn {
  who: string;
  from: number;
  to?: number;
  lease: Lease;
}
/** Notes who is in a lock and when. */
function turnsIn(shared: Singletons, { clock }: Run) {
  const turns: Turn[] = [];
  const enter = (lock: string, expiresMs: number, who: string, work: () => Promise<void> | void) =>
    shared.withLock(lock, expiresMs, async (lease) => {
      const turn: Turn = { who, from: clock.now(), lease };
      turns.push(turn);
      try {
        await work();
      } finally {
        turn.to = clock.now();
      }
    });
  return { turns, enter, has: (who: string) => turns.find((turn) => turn.who === who) };
}

incident(
  'each worker has one configuration at a time, and every answer is billed',
  {
    recorded: () => recordedStart(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: start,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const played = await playStart(scene, run);
    for (const worker of WORKERS) {
      const early = played.loads.filter((load) => load.worker === worker && load.at < scene.reloadAt);
      must(
        early.length === 1,
        () => `worker ${worker} read its configuration ${early.length} times when it began`,
        early[1]?.event,
      );
      const before = played.answers.filter((answer) => answer.worker === worker && answer.at < scene.reloadAt);
      const versions = [...new Set(before.map(({ version }) => version))];
      const other = before.find(({ version }) => version !== before[0]?.version);
      must(
        versions.length === 1,
        () => `worker ${worker} answered by versions ${versions.join(' and ')} in the same ${seconds(scene.reloadAt)}`,
        other?.event,
      );
    }
    const [failed] = played.failures;
    must(
      !failed,
      () =>
        `${played.failures.length} questions failed because a new configuration could not be had; the old one was there`,
      failed?.event,
    );
    const late = played.answers.filter(({ at }) => at > scene.reloadAt + 30_000);
    const stale = late.filter(({ version }) => version !== NEW);
    must(
      stale.length === 0,
      () => `${stale.length} questions were still answered by version ${OLD} 30 s after the reload`,
    );
    const unbilled = played.answers.filter((answer) => !answer.billed && answer.ledgerHangsMs === undefined);
    must(
      unbilled.length === 0,
      () => `${unbilled.length} answers were never billed: each waited for one bill to which the ledger never answered`,
      unbilled[0]?.event,
    );
  },
  { startAt: BEGINS },
);

/** Plays two workers from their start on; a reload that fails is asked for again when the store is back. */
async function playStart(scene: Start, run: Run) {
  const { seed, movedAt, reloadAt, storeDownUntil, taken, until } = scene;
  const { clock, history } = run;
  const began = clock.now();
  const now = () => clock.now() - began;
  const loads: { worker: number; at: number; event: number }[] = [];
  const answers: (Taken & { at: number; version: number; billed: boolean })[] = [];
  const failures: Taken[] = [];
  const ledger = new Map<string, { micros: number; token: number }>();
  const note = (stream: string, type: string, data: object, causationId?: number) =>
    history.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });

  const workers = WORKERS.map((worker) => {
    let nth = 0;
    const process = begin(run, async () => {
      const at = now();
      const down = at >= reloadAt && at < storeDownUntil;
      loads.push({ worker, at, event: note(`worker-${worker}`, 'ConfigurationAsked', { worker }) });
      await sleep(down ? 1_000 : loadMs(seed, worker, ++nth));
      if (down) throw new Error('the configuration store is not reachable');
      return at < movedAt ? OLD : NEW;
    });
    return process.shared;
  });

  async function answer(one: Taken): Promise<void> {
    const { at: _, event: __, ...data } = one;
    const cause = note(`question-${one.question}`, 'QuestionTaken', data);
    const shared = workers[one.worker - 1] as Singletons;
    let config: AnswerConfig;
    try {
      config = await shared.config();
    } catch {
      failures.push({ ...one, event: one.event ?? cause });
      note(`question-${one.question}`, 'QuestionFailed', { question: one.question }, cause);
      return;
    }
    const { version } = config;
    const answered = { ...one, at: now(), version, billed: false, event: one.event ?? cause };
    answers.push(answered);
    note(`question-${one.question}`, 'QuestionAnswered', { question: one.question, version }, cause);
    await shared.withLock(`bill of ${one.tenant}`, 5_000, async ({ token }) => {
      const account = `${one.worker} ${one.tenant}`;
      const { micros = 0 } = ledger.get(account) ?? {};
      await sleep(one.ledgerHangsMs ?? 30);
      if (token < (ledger.get(account)?.token ?? 0)) return;
      ledger.set(account, { micros: micros + 4_200, token });
      answered.billed = true;
      note(`question-${one.question}`, 'AnswerBilled', { question: one.question, tenant: one.tenant }, cause);
    });
  }

  const reload = (shared: Singletons, worker: number): void => {
    shared.reload().catch(() => {
      note(`worker-${worker}`, 'ReloadFailed', { worker });
    });
  };
  const moments = [
    { at: movedAt, happen: () => void note('configuration', 'ConfigurationMoved', { from: OLD, to: NEW }) },
    {
      at: reloadAt,
      happen: () => {
        note('configuration', 'ReloadAsked', {});
        for (const [n, shared] of workers.entries()) reload(shared, n + 1);
      },
    },
    {
      at: storeDownUntil,
      happen: () => {
        note('configuration', 'ConfigurationStoreRecovered', {});
        for (const [n, shared] of workers.entries()) reload(shared, n + 1);
      },
    },
  ];
  const arrivals = taken.map((one) => ({ at: one.at, happen: () => answer(one) }));
  arriveInTurn<{ at: number; happen: () => Promise<void> | void }>([...moments, ...arrivals], ({ happen }) => happen());
  await clock.advance(until);
  return { loads, answers, failures };
}

behaviour('loads-once', 'a hundred who ask first get one configuration, from one load', async (run) => {
  const { shared, loads, events } = begin(run);
  const asked: Promise<AnswerConfig>[] = [];
  arriveInTurn(
    Array.from({ length: 100 }, (_, n) => ({ at: between(run.seed, `ask ${n}`, 0, 190) })),
    () => void asked.push(shared.config()),
  );
  await run.clock.advance(500);
  const configs = await Promise.all(asked);
  must(
    loads.length === 1,
    () => `${configs.length} asked for the configuration within 190 ms and it was read ${loads.length} times`,
  );
  const expected = configOf(run.seed, 1);
  const wrong = configs.filter((config) => JSON.stringify(config) !== JSON.stringify(expected));
  must(
    wrong.length === 0,
    () => `${wrong.length} of ${configs.length} got another configuration than the one that was read`,
  );
  await shared.config();
  await run.clock.advance(60_000);
  await within(run, 500, shared.config());
  must(loads.length === 1, () => `the configuration was read again although nobody asked for a new one`);
  const announced = events.filter(({ type }) => type === 'ConfigLoaded');
  must(announced.length === 1, () => `one configuration was loaded and ${announced.length} were announced`);
});

behaviour(
  'failed-load',
  'a load that fails is told to those who wait for it, and tried again by the next who asks',
  async (run) => {
    const failing = between(run.seed, 'failing', 1, 3);
    const { shared, loads, events } = begin(run, async (nth) => {
      await sleep(100);
      if (nth <= failing) throw new Error('store is down');
      return nth;
    });
    for (let n = 1; n <= failing; n++) {
      const waiting = Array.from({ length: 5 }, () => within(run, 0, shared.config()));
      const settled = await within(run, 300, Promise.all(waiting));
      must(settled !== undefined, `a load failed and those who waited for it never heard of it`);
      must(
        loads.length === n,
        () => `5 asked at once after ${n - 1} failures and the store was read ${loads.length - n + 1} times`,
      );
    }
    const failed = events.filter(({ type }) => type === 'ConfigLoadFailed').length;
    must(failed === failing, () => `${failing} loads failed and ${failed} failures were announced`);
    const config = given(await within(run, 300, shared.config()));
    must(
      config?.version === failing + 1,
      () => `the store was well again after ${failing} failed loads and the configuration still could not be had`,
    );
  },
);

behaviour('reload', 'the old configuration serves until the new one is there, and then it is gone', async (run) => {
  const { shared } = begin(run, async (nth) => {
    await sleep(nth === 1 ? 50 : 2_000);
    return nth;
  });
  await within(run, 100, shared.config());
  const reloading = shared.reload();
  for (const at of [0, 900, 1_800]) {
    const config = given(await within(run, 10, shared.config()));
    must(
      config !== undefined,
      () => `a question waited for the new configuration, ${seconds(at)} into the reload; the old one was there`,
    );
    must(config.version === 1, () => `version ${config.version} served before it was loaded`);
    await run.clock.advance(890);
  }
  const reloaded = given(await within(run, 500, reloading));
  must(reloaded?.version === 2, () => `the reload came to version ${reloaded?.version}; the store had 2`);
  const after = given(await within(run, 10, shared.config()));
  must(after?.version === 2, () => `version ${after?.version} still served after version 2 was loaded`);
});

behaviour('failed-reload', 'a reload that fails says so, and the old configuration goes on', async (run) => {
  const { shared } = begin(run, async (nth) => {
    await sleep(100);
    if (nth === 2) throw new Error('store is down');
    return nth;
  });
  await within(run, 200, shared.config());
  const failed = await within(run, 300, shared.reload());
  must(failed !== undefined && 'error' in failed, 'a reload failed and whoever asked for it was told that it had not');
  must(
    failed.error.message === 'store is down',
    () => `the store said "store is down" and the reload "${failed.error.message}"`,
  );
  const after = given(await within(run, 10, shared.config()));
  must(after?.version === 1, 'a reload failed and took the old configuration with it');
  const again = given(await within(run, 300, shared.reload()));
  must(again?.version === 3, 'a reload after a failed one did not load');
});

behaviour('newest-wins', 'of two loads that overlap, the one that began later is what serves', async (run) => {
  // The first is slow, and knows what was true when it began.
  const { shared, loads } = begin(run, async (nth) => {
    await sleep(nth === 1 ? 50 : nth === 2 ? 3_000 : 400);
    return nth;
  });
  await within(run, 100, shared.config());
  const first = shared.reload();
  await run.clock.advance(500);
  const second = shared.reload();
  await within(run, 8_000, Promise.all([first, second]));
  const serving = given(await within(run, 10, shared.config()));
  const newest = loads.length;
  must(
    serving?.version === newest,
    () => `version ${serving?.version} serves; version ${newest} was loaded after it, and came back before it`,
  );
});

behaviour('exclusive', 'one at a time is in a lock, and nobody waits for another one', async (run) => {
  const { shared } = begin(run);
  const { turns, enter, has } = turnsIn(shared, run);
  const visitors = Array.from({ length: 12 }, (_, n) => ({
    at: between(run.seed, `visit ${n}`, 0, 400),
    who: `visitor ${n}`,
    stays: between(run.seed, `stay ${n}`, 20, 300),
  }));
  void enter('prices', 60_000, 'slow one', () => sleep(10_000));
  arriveInTurn(visitors, ({ who, stays }) => void enter('bills', 60_000, who, () => sleep(stays)));
  await run.clock.advance(50);
  await within(
    run,
    SOON_MS,
    enter('another', 60_000, 'stranger', () => {}),
  );
  must(has('stranger')?.to !== undefined, 'a lock was waited for that has another name than the one which is held');
  await run.clock.advance(12 * (300 + SOON_MS));
  const inside = turns.filter(({ who }) => who.startsWith('visitor')).sort((a, b) => a.from - b.from);
  const together = inside.find(({ from }, n) => n > 0 && from < (inside[n - 1]?.to ?? Infinity));
  must(
    !together,
    () =>
      `${together?.who} came into a lock ${seconds(together?.from ?? 0)} after the beginning, while another was in it`,
  );
  const outside = visitors.length - inside.filter(({ to }) => to !== undefined).length;
  must(outside === 0, () => `${outside} of ${visitors.length} never got into a lock that was free by then`);
});

behaviour('comes-to', 'a lock gives what its work gives, and is free again however that ends', async (run) => {
  const { shared } = begin(run);
  const value = between(run.seed, 'value', 1, 99);
  const came = given(
    await within(
      run,
      SOON_MS,
      shared.withLock('bills', 60_000, async () => value),
    ),
  );
  must(came === value, () => `work came to ${value} and the lock to ${came}`);
  for (const [how, work] of [
    ['rejected', () => Promise.reject(new Error('refused by the ledger'))],
    [
      'threw',
      () => {
        throw new Error('refused by the ledger');
      },
    ],
  ] as const) {
    const failed = await within(run, SOON_MS, shared.withLock('bills', 60_000, work));
    const message = failed && 'error' in failed ? failed.error.message : undefined;
    must(
      message === 'refused by the ledger',
      () => `work ${how} with "refused by the ledger" and the lock with "${message}"`,
    );
    const next = await within(
      run,
      SOON_MS,
      shared.withLock('bills', 60_000, async () => 1),
    );
    must(next !== undefined, () => `work ${how}, and the lock was never free again`);
  }
});

behaviour('expires', 'who never comes back is waited for as long as the lock lasts, and no longer', async (run) => {
  const { shared, events } = begin(run);
  const { enter, has } = turnsIn(shared, run);
  const expiresMs = between(run.seed, 'expires', 8, 40) * 100;
  void enter('bills', expiresMs, 'lost', () => sleep(expiresMs * 50));
  await run.clock.advance(SOON_MS);
  const lost = has('lost');
  must(lost !== undefined, 'a lock that was free could not be had');
  void enter('bills', 60_000, 'next', () => sleep(5_000));
  await run.clock.advance(lost.from + expiresMs - 20 - run.clock.now());
  must(!has('next'), () => `a lock of ${seconds(expiresMs)} was taken from its holder after less than that`);
  must(await lost.lease.held(), 'a holder was told that it had lost a lock which was still its own');
  await run.clock.advance(20 + SOON_MS);
  const next = has('next');
  must(
    next !== undefined,
    () =>
      `a lock of ${seconds(expiresMs)} was still waited for ${seconds(run.clock.now() - lost.from)} after it was taken`,
  );
  must(!(await lost.lease.held()), 'a holder was told that it still had a lock which had gone to another');
  const told = events.filter(({ type, data }) => type === 'LockExpired' && data.lock === 'bills').length;
  must(told === 1, () => `one lock expired and ${told} were announced`);
});

behaviour('late', 'who comes back late lets nobody in', async (run) => {
  const { shared } = begin(run);
  const { enter, has } = turnsIn(shared, run);
  const end = pick(run.seed, 'ends', ['returns', 'throws']);
  const late = enter('bills', 1_000, 'late', async () => {
    await sleep(3_000);
    if (end === 'throws') throw new Error('too late');
  });
  late.catch(() => {});
  await run.clock.advance(100);
  void enter('bills', 20_000, 'second', () => sleep(6_000));
  await run.clock.advance(1_000 + SOON_MS);
  const second = has('second');
  must(second !== undefined, 'a lock that had expired could not be had');
  void enter('bills', 20_000, 'third', () => sleep(20));
  await run.clock.advance(3_000);
  must(has('late')?.to !== undefined, 'the work of a holder whose lock had expired was cut off');
  must(
    !has('third'),
    () =>
      `a holder whose lock had expired ${end === 'throws' ? 'failed' : 'ended'}, and somebody came in beside the next one`,
  );
  must(await second.lease.held(), 'a holder lost its lock to one whose turn was over');
  await run.clock.advance(6_000 + SOON_MS);
  must(has('third') !== undefined, 'a lock that was free could not be had');
});

behaviour('tokens', 'each holder of a lock has a greater token than those before it', async (run) => {
  const { shared } = begin(run);
  const { turns, enter } = turnsIn(shared, run);
  for (let n = 0; n < 6; n++) {
    const dies = roll(run.seed, `dies ${n}`) < 0.5;
    const turn = enter('bills', 500, `turn ${n}`, () => (dies ? sleep(60_000) : sleep(10)));
    turn.catch(() => {});
    await run.clock.advance(500 + SOON_MS);
    if (n === 3) {
      await within(run, SOON_MS, Promise.resolve(shared.reset()));
    }
  }
  const tokens = turns.map(({ lease }) => lease.token);
  must(tokens.length === 6, () => `a lock was had ${tokens.length} times in a row, of 6`);
  const back = tokens.findIndex((token, n) => n > 0 && !(token > (tokens[n - 1] ?? Infinity)));
  must(back < 0, () => `a holder had token ${tokens[back]} and the one before it ${tokens[back - 1]}`);
});

behaviour('reset', 'after a reset nothing is left of what was', async (run) => {
  // The load from before the reset ends before somebody asks, or after.
  await resetThenAsk(run, 1_500);
  await resetThenAsk(run, 0);
});

async function resetThenAsk(run: Run, asksAfterMs: number): Promise<void> {
  const { shared, loads } = begin(run, async (nth) => {
    await sleep(nth === 2 ? 1_000 : 100);
    return nth;
  });
  const { enter, has } = turnsIn(shared, run);
  await within(run, 200, shared.config());
  void enter('bills', 60_000, 'before', () => sleep(6_000));
  const old = shared.reload();
  old.catch(() => {});
  await run.clock.advance(100);
  await within(run, SOON_MS, Promise.resolve(shared.reset()));
  await run.clock.advance(asksAfterMs);
  const config = given(await within(run, 300, shared.config()));
  must(config?.version === 3, () => `after a reset version ${config?.version} served that was loaded before it`);
  await run.clock.advance(1_500);
  const later = given(await within(run, 10, shared.config()));
  must(later?.version === 3, () => `a load from before the reset ended after it and version ${later?.version} served`);
  must(loads.length === 3, () => `the configuration was read ${loads.length} times, of 3`);
  void enter('bills', 60_000, 'after', () => sleep(10_000));
  await run.clock.advance(SOON_MS);
  must(has('after') !== undefined, 'a lock was held after a reset by one who had it before');
  void enter('bills', 60_000, 'last', () => {});
  await run.clock.advance(6_000);
  must(!has('last'), 'one who had the lock before the reset ended, and somebody came in beside the new holder');
}

tradeOff("what one tenant's request does to the configuration, no other request sees", async (run) => {
  const { shared } = begin(run);
  const theirs = given(await within(run, 300, shared.config()));
  must(theirs !== undefined, 'the configuration could not be had');
  try {
    // A free tenant gets the smaller model, and somebody was in a hurry.
    Object.assign(theirs, { model: 'sol-mini', promptVersion: 1 });
  } catch {
    // It is frozen: just as well.
  }
  const others = given(await within(run, 10, shared.config()));
  const expected = configOf(run.seed, 1);
  must(
    others?.model === expected.model && others.promptVersion === expected.promptVersion,
    () =>
      `one tenant's request set a smaller model for itself, and every tenant's next question went to ${others?.model}`,
  );
  const reloaded = given(await within(run, 300, shared.reload()));
  must(reloaded !== undefined, 'the configuration could not be loaded anew');
  try {
    Object.assign(reloaded, { model: 'sol-mini' });
  } catch {
    // Frozen.
  }
  const after = given(await within(run, 10, shared.config()));
  must(
    after?.model === configOf(run.seed, 2).model,
    () => `whoever reloaded changed what it got, and every tenant's next question went to ${after?.model}`,
  );
});
