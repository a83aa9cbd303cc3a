import type { Backoff, BackoffPolicy, CreateBackoff, Wait } from '#answerdesk/seams/backoff.ts';
import { arriveInTurn, playQuestions } from '#answerdesk/simulation/asking.ts';
import { readRecording } from '#kit/events.ts';
import { between, roll, sequence, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { morning, RECORDED_SEED, recordedMorning } from '../incident/script.ts';
import * as kata from './kata.ts';

const createBackoff: CreateBackoff = kata.createBackoff;

const inProduction: BackoffPolicy = { baseMs: 1_000, capMs: 20_000 };
const policyOf = (seed: number): BackoffPolicy => {
  const baseMs = between(seed, 'base', 200, 1_000);
  return { baseMs, capMs: baseMs * between(seed, 'cap', 9, 40) };
};
const clientOf = ({ seed }: Run, name: string, policy: BackoffPolicy): Backoff =>
  createBackoff({ random: sequence(seed, name) }, policy);
const limitOf = ({ baseMs, capMs }: BackoffPolicy, retry: number) => Math.min(capMs, baseMs * 2 ** retry);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** How far a mean, or a distribution, of `count` draws may be off: further in fewer than one run in a hundred million. */
const chance = (count: number) => Math.sqrt(Math.log(2e8) / (2 * count));

interface Pause extends Wait {
  event?: number;
  waitedMs: number;
  goOn: boolean;
}

/** One client's waits, one after another. `wait` says what each is asked for. */
async function pauses(backoff: Backoff, count: number, wait: () => Wait, { clock }: Run): Promise<Pause[]> {
  const done: Pause[] = [];
  const all = (async () => {
    while (done.length < count) {
      const asked = wait();
      const began = clock.now();
      const goOn = await backoff({ ...asked });
      done.push({ ...asked, waitedMs: clock.now() - began, goOn });
    }
  })();
  let failure: Error | undefined;
  all.catch((error: Error) => {
    failure = error;
  });
  const { retry, floorMs = 0 } = wait();
  const longest = 60 * 60_000 + floorMs;
  await clock.advance(count * longest);
  must(
    failure === undefined,
    () => `before retry ${retry} a wait whose asker had stayed failed with "${failure?.message}"`,
  );
  must(done.length === count, () => `before retry ${retry} the wait was longer than ${seconds(longest)}`);
  await all;
  return done;
}

incident(
  'a provider in trouble is given time, and what it asks for',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: morning,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { clock } = run;
    const eventOf = new Map(scene.arrivals.map(({ question, event }) => [question.id, event]));
    const taken: Pause[] = [];
    await playQuestions({ ...scene, timeoutMs: 10_000 }, clock, (ask) => (question) => {
      const backoff = clientOf(run, question.id, inProduction);
      const event = eventOf.get(question.id);
      return persist(
        5,
        () => ask(question),
        async (wait) => {
          const began = clock.now();
          const goOn = await backoff({ ...wait });
          taken.push({ ...wait, ...(event !== undefined && { event }), waitedMs: clock.now() - began, goOn });
          return goOn;
        },
      );
    });
    const asked = taken.filter(({ floorMs }) => floorMs !== undefined);
    const early = asked.filter(({ waitedMs, floorMs = 0 }) => waitedMs < floorMs - 1);
    must(
      early.length === 0,
      () =>
        `${early.length} of ${asked.length} times sol-large answered 429 and asked for ${seconds(early[0]?.floorMs ?? 0)}, it was asked again after ${seconds(average(early.map(({ waitedMs }) => waitedMs)))}`,
      early[0]?.event,
    );
    const share = ({ retry, waitedMs }: Pause) => waitedMs / limitOf(inProduction, retry);
    const again = taken.filter(({ retry, floorMs }) => retry > 0 && floorMs === undefined);
    must(
      average(again.map(share)) >= 0.5 - chance(again.length) - 0.01,
      () =>
        `sol-large was asked a third, fourth or fifth time ${again.length} times, ${seconds(average(again.map(({ waitedMs }) => waitedMs)))} after the failure before on average; the policy's even draw makes ${seconds(average(again.map(({ retry }) => limitOf(inProduction, retry) / 2)))}`,
      again[0]?.event,
    );
    const gaveUp = taken.filter(({ goOn }) => !goOn).length;
    must(gaveUp === 0, `${gaveUp} questions that had no deadline were given up for want of time`);
  },
);

behaviour('drawn', 'each wait is drawn evenly from nothing up to its limit', async (run) => {
  const policy = policyOf(run.seed);
  const backoff = clientOf(run, 'client', policy);
  for (const retry of shuffled(run.seed, 'retries', [0, 1, 3, 2])) await mustBeEven(backoff, policy, retry, run);
});

behaviour('cap', 'the limit stops at the cap, after however many retries', async (run) => {
  const policy = policyOf(run.seed);
  const backoff = clientOf(run, 'client', policy);
  const atCap = Math.ceil(Math.log2(policy.capMs / policy.baseMs));
  for (const retry of shuffled(run.seed, 'retries', [atCap, between(run.seed, 'many', 31, 33), 1_100]))
    await mustBeEven(backoff, policy, retry, run);
});

async function mustBeEven(backoff: Backoff, policy: BackoffPolicy, retry: number, run: Run): Promise<void> {
  const count = 150;
  const limit = limitOf(policy, retry);
  const waits = (await pauses(backoff, count, () => ({ retry }), run)).map(({ waitedMs }) => waitedMs);
  const longest = Math.max(...waits);
  const of = `${count} waits before retry ${retry} (base ${seconds(policy.baseMs)}, cap ${seconds(policy.capMs)})`;
  must(longest <= limit + 1, () => `of ${of} the longest took ${seconds(longest)}; the limit is ${seconds(limit)}`);
  const shortest = Math.min(...waits);
  must(
    longest >= 0.87 * limit && shortest <= 0.13 * limit + 1,
    () => `${of} took ${seconds(shortest)} to ${seconds(longest)}; they may take from nothing to ${seconds(limit)}`,
  );
  const sorted = waits.sort((a, b) => a - b);
  const gap = Math.max(
    ...sorted.flatMap((wait, n) => [(n + 1) / count - (wait + 1) / limit, (wait - 1) / limit - n / count]),
  );
  const at = (share: number) => seconds(sorted[Math.floor(share * count)] ?? 0);
  must(
    gap <= chance(count),
    () =>
      `of ${of} a tenth ended by ${at(0.1)}, half by ${at(0.5)}, nine tenths by ${at(0.9)}; the limit is ${seconds(limit)}`,
  );
}

behaviour('spread', '500 clients turned away at one instant do not return at one instant', async (run) => {
  const policy = { baseMs: 1_000, capMs: between(run.seed, 'cap', 8, 30) * 1_000 };
  await mustSpread(policy, 2, {}, run);
});

behaviour('retry-after', 'nobody returns before the provider asked, and not all return just then', async (run) => {
  const { seed } = run;
  const policy = policyOf(seed);
  const backoff = clientOf(run, 'client', policy);
  for (const [retry, floorMs] of [
    [0, policy.baseMs * between(seed, 'floor', 2, 5)],
    [3, policy.baseMs * between(seed, 'small', 1, 3)],
    [9, policy.capMs * between(seed, 'large', 2, 4)],
    [1, policy.baseMs * between(seed, 'long', 30, 60)],
  ] as const) {
    const waits = (await pauses(backoff, 30, () => ({ retry, floorMs }), run)).map(({ waitedMs }) => waitedMs);
    const early = waits.filter((wait) => wait < floorMs - 1).length;
    must(
      early === 0,
      () =>
        `${early} of 30 waits ended by ${seconds(Math.min(...waits))}; the provider had asked for ${seconds(floorMs)}`,
    );
    const most = floorMs + limitOf(policy, retry);
    must(
      Math.max(...waits) <= most + 1,
      () =>
        `a wait took ${seconds(Math.max(...waits))}; the provider's ${seconds(floorMs)} and the limit make ${seconds(most)}`,
    );
  }
  await mustSpread({ baseMs: 1_000, capMs: 20_000 }, 1, { floorMs: between(seed, 'crowd', 2, 25) * 1_000 }, run);
});

/** 500 clients fail together, and again each time they return. */
async function mustSpread(policy: BackoffPolicy, retries: number, wait: Partial<Wait>, run: Run): Promise<void> {
  const { clock } = run;
  const returned = new Map<string, number>();
  const began = clock.now();
  let total = 0;
  const crowd = Array.from({ length: 500 }, (_, n) => clientOf(run, `client ${n}`, policy));
  for (const backoff of crowd) {
    void (async () => {
      for (let retry = 0; retry < retries; retry++) {
        if (!(await backoff({ ...wait, retry }))) return;
        const moment = `${seconds(Math.floor((clock.now() - began) / 100) * 100)} later, for retry ${retry}`;
        returned.set(moment, (returned.get(moment) ?? 0) + 1);
        total++;
      }
    })();
  }
  await clock.advance(retries * (policy.capMs + (wait.floorMs ?? 0)) + 1_000);
  must(total === 500 * retries, () => `500 clients were to return ${retries} times each; ${total} returns were seen`);
  const [moment, peak] = [...returned].reduce((most, next) => (next[1] > most[1] ? next : most));
  const after = wait.floorMs === undefined ? '' : `, each told to stay away for ${seconds(wait.floorMs)}`;
  must(
    peak <= 100,
    () => `of 500 clients that failed at one instant${after}, ${peak} returned within the same 100 ms, ${moment}`,
  );
}

behaviour('abort', 'an asker who leaves ends the wait at once, and only that wait', async (run) => {
  const { seed, clock } = run;
  const policy = policyOf(seed);
  const backoff = clientOf(run, 'client', policy);
  const floorMs = 60_000;
  const leavesAt = between(seed, 'leaves', 50, 50_000);
  const leaver = new AbortController();
  const left = watch(backoff({ retry: 4, floorMs, signal: leaver.signal }), clock);
  const other = watch(backoff({ retry: 4, floorMs, signal: new AbortController().signal }), clock);
  await clock.advance(leavesAt);
  leaver.abort(new Error('the asker closed the page'));
  await clock.settle();
  await clock.advance(1);
  must(
    left.endedAt !== undefined,
    `the asker left after ${seconds(leavesAt)}, and 1 ms later the wait of ${seconds(floorMs)} went on`,
  );
  must(
    left.reason === 'the asker closed the page',
    `the asker left, and the wait ${left.reason === undefined ? 'ended as if it were over' : `failed with "${left.reason}"`}`,
  );
  must(other.endedAt === undefined, 'one asker left, and the wait of another ended with it');
  const tooLate = watch(backoff({ retry: 4, floorMs, signal: leaver.signal }), clock);
  await clock.advance(1);
  must(tooLate.reason !== undefined, 'a wait began although its asker had left already');
  await clock.advance(10 * floorMs);
  must(other.goOn === true, 'an asker who stayed was not told to go on');
  const most = floorMs + limitOf(policy, 4);
  must(
    (other.endedAt ?? 0) <= most + 1,
    () =>
      `two askers waited side by side for at most ${seconds(most)}; the second waited ${seconds(other.endedAt ?? 0)}`,
  );
});

behaviour('deadline', 'a wait that does not fit is refused at once, and one that fits is waited for', async (run) => {
  const policy = policyOf(run.seed);
  const backoff = clientOf(run, 'client', policy);
  const retry = between(run.seed, 'retry', 0, 3);
  const limit = limitOf(policy, retry);
  const left = limit / 2;
  const tight = await pauses(backoff, 150, () => ({ retry, deadline: Date.now() + left }), run);
  const over = tight.filter(({ goOn, waitedMs }) => goOn && waitedMs > left + 1).length;
  must(over === 0, `${over} of 150 waits ended past the deadline and the caller was told to go on`);
  const idle = tight.filter(({ goOn, waitedMs }) => !goOn && waitedMs > 1).length;
  must(idle === 0, `${idle} of 150 callers were kept waiting before they were told that there was no time`);
  const fit = tight.filter(({ goOn }) => goOn).length;
  must(
    Math.abs(fit / 150 - 0.5) <= chance(150),
    `with ${seconds(left)} left, ${fit} of 150 waits of up to ${seconds(limit)} were said to fit`,
  );

  const floorMs = limit * between(run.seed, 'floor', 2, 5);
  const [asked] = await pauses(backoff, 1, () => ({ retry, floorMs, deadline: Date.now() + floorMs - 5 }), run);
  must(
    asked?.goOn === false && asked.waitedMs <= 1,
    `the provider asked for ${seconds(floorMs)}, the caller had 5 ms less, and was not told at once that there was no time`,
  );
  const ample = await pauses(backoff, 20, () => ({ retry, floorMs, deadline: Date.now() + floorMs + limit + 5 }), run);
  const refused = ample.filter(({ goOn }) => !goOn).length;
  must(refused === 0, `${refused} of 20 waits were refused although the longest of them would have fitted`);
});

tradeOff('nobody at a screen waits for an attempt that comes too late, or for nothing', async (run) => {
  const { seed, clock } = run;
  const policy = { baseMs: 1_000, capMs: 30_000 };
  const askers = Array.from({ length: 12 }, (_, n) => ({
    at: n * 150,
    patienceMs: between(seed, `patience ${n}`, 3_000, 9_000),
    attempts: [] as number[],
    toldAt: undefined as number | undefined,
  }));
  const start = clock.now();
  const now = () => clock.now() - start;
  arriveInTurn(askers, async (asker) => {
    const backoff = clientOf(run, `asker ${asker.at}`, policy);
    const deadline = Date.now() + asker.patienceMs;
    const call = async (attempt: number) => {
      asker.attempts.push(now());
      await new Promise((done) => setTimeout(done, 300 + 200 * roll(seed, `${asker.at} ${attempt}`)));
      throw new Error('503');
    };
    await persist(40, call, (wait) => backoff({ ...wait, deadline })).catch(() => {});
    asker.toldAt = now();
  });
  await clock.advance(10 * 60_000);
  for (const { at, patienceMs, attempts, toldAt } of askers) {
    const late = attempts.filter((began) => began > at + patienceMs + 1);
    must(
      late.length === 0,
      () =>
        `an asker would wait ${seconds(patienceMs)}; ${late.length} of ${attempts.length} attempts began later, the last after ${seconds((late.at(-1) ?? 0) - at)}`,
    );
    const final = attempts.at(-1) ?? 0;
    must(
      toldAt !== undefined && toldAt - final <= 510,
      () =>
        `an asker's last attempt began ${seconds(final - at)} after the question and took at most 0.5 s; the bad news came ${toldAt === undefined ? 'never' : `after ${seconds(toldAt - at)}`}`,
    );
    must(
      attempts.length >= 2,
      () => `an asker would wait ${seconds(patienceMs)} and got ${attempts.length} attempt of 0.5 s at most`,
    );
  }
});

/** A retry loop as plain as can be (kata 1.5 does better): what stands around the backoff. */
async function persist<T>(most: number, call: (attempt: number) => Promise<T>, backoff: Backoff): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await call(retry + 1);
    } catch (error) {
      const { retryAfter } = error as { retryAfter?: string };
      const floor = retryAfter === undefined ? {} : { floorMs: Number(retryAfter) * 1_000 };
      if (retry + 1 >= most || !(await backoff({ retry, ...floor }))) throw error;
    }
  }
}

interface Watched {
  endedAt?: number;
  goOn?: boolean;
  /** Why it failed: the reason's message, be it the error or its cause. */
  reason?: string;
}
function watch(wait: Promise<boolean>, clock: Run['clock']): Watched {
  const watched: Watched = {};
  wait.then(
    (goOn) => Object.assign(watched, { endedAt: clock.now(), goOn }),
    (error: Error) => {
      const cause = error.cause instanceof Error ? error.cause : undefined;
      Object.assign(watched, { endedAt: clock.now(), reason: (cause ?? error).message });
    },
  );
  return watched;
}
