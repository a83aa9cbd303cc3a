import type { ProviderFailure } from '#answerdesk/domain.ts';
import type { Backoff, Wait } from '#answerdesk/seams/backoff.ts';
import type {
  CreateRetry,
  Operation,
  RetriesExhausted,
  Retry,
  RetryEvent,
  RetryPolicy,
} from '#answerdesk/seams/retry.ts';
import { arriveInTurn, playQuestions } from '#answerdesk/simulation/asking.ts';
import { providerFailure } from '#answerdesk/simulation/provider-port.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { morning, RECORDED_SEED, recordedMorning } from '../incident/script.ts';
import * as kata from './kata.ts';

const createRetry: CreateRetry = kata.createRetry;

const inProduction: RetryPolicy = { maxAttempts: 3, budgetRatio: 0.2, budgetWindowMs: 60_000, budgetMinimum: 3 };
const policyOf = (seed: number): RetryPolicy => ({
  maxAttempts: between(seed, 'attempts', 3, 6),
  budgetRatio: between(seed, 'ratio', 10, 30) / 100,
  budgetWindowMs: between(seed, 'window', 20, 60) * 1_000,
  budgetMinimum: between(seed, 'minimum', 2, 5),
});
/** Where the budget isn't the question. */
const ample = (seed: number): RetryPolicy => ({ ...policyOf(seed), budgetRatio: 1, budgetMinimum: 1_000 });

const MAY_PASS = [408, 429, 500, 502, 503, 504] as const;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
const nameOf = ({ status, code, name }: ProviderFailure) => `${status ?? code ?? name}`;

/** A backoff that keeps its promises. `waits` is what it was asked for, `waitMs` what it took. */
function backoffPort({ seed }: Run): { backoff: Backoff; waits: (Wait & { waitMs: number })[] } {
  const waits: (Wait & { waitMs: number })[] = [];
  const backoff: Backoff = ({ retry, floorMs = 0, deadline = Infinity, signal }) => {
    const drawnMs = Math.round((0.2 + 0.8 * roll(seed, `wait ${waits.length}`)) * Math.min(20_000, 1_000 * 2 ** retry));
    const waitMs = Math.max(0, floorMs) + drawnMs;
    waits.push({ retry, floorMs, waitMs });
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (Date.now() + waitMs > deadline) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, waitMs, true);
      const leave = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
    });
  };
  return { backoff, waits };
}

/** What became of one operation. `endedAt` is absent while its caller still waits. */
interface Told {
  calls: { at: number; attempt: number }[];
  endedAt?: number;
  value?: string;
  failure?: RetriesExhausted & ProviderFailure;
}

type Failing = readonly ProviderFailure[] | (() => ProviderFailure);
interface Bench {
  retry: Retry;
  waits: (Wait & { waitMs: number })[];
  events: RetryEvent[];
  /** Does an operation that fails in these ways, one call after another, and then succeeds; or always in one way. */
  doing: (failures: Failing, how?: Partial<Operation<string>> & { tookMs?: number }) => Told;
}

function bench(policy: RetryPolicy, run: Run): Bench {
  const { clock } = run;
  const { backoff, waits } = backoffPort(run);
  const events: RetryEvent[] = [];
  const retry = createRetry({ backoff, emit: (event) => events.push(structuredClone(event)) }, { ...policy });

  const doing: Bench['doing'] = (failures, { tookMs = 0, ...how } = {}) => {
    const told: Told = { calls: [] };
    const call = async (attempt: number) => {
      told.calls.push({ at: clock.now(), attempt });
      const failure = typeof failures === 'function' ? failures() : failures[told.calls.length - 1];
      if (tookMs) await new Promise((done) => setTimeout(done, tookMs));
      if (failure) throw failure;
      return 'answer';
    };
    retry({ name: 'ask', idempotent: true, ...how, run: call }).then(
      (value) => Object.assign(told, { value, endedAt: clock.now() }),
      (failure: unknown) => Object.assign(told, { failure, endedAt: clock.now() }),
    );
    return told;
  };
  return { retry, waits, events, doing };
}
const unavailable = () => providerFailure({ status: 503 });
const exhausted = ({ failure }: Told) => failure?.code === 'RETRIES_EXHAUSTED' && failure.status === undefined;
const LONG_MS = 10 * 60_000;

incident(
  'one question stays a few calls, however many layers retry it, and a provider that asks for time gets it',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: morning,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { backoff } = backoffPort(run);
    const layer = () => createRetry({ backoff, emit: () => {} }, { ...inProduction });
    const [browser, api, client] = [layer(), layer(), layer()];
    const { outcomes, calls } = await playQuestions({ ...scene, timeoutMs: 10_000 }, run.clock, (ask) => (question) => {
      const through = (name: string, call: () => Promise<unknown>) => ({ name, idempotent: true, run: call });
      const called = () => client(through('client', () => ask(question)));
      return browser(through('browser', () => api(through('api', called))));
    });

    const stormy = outcomes.filter((outcome) => outcome.calls > inProduction.maxAttempts);
    const worst = stormy.reduce((most, next) => (next.calls > most.calls ? next : most), stormy[0] ?? { calls: 0 });
    must(
      stormy.length === 0,
      () =>
        `${stormy.length} of ${outcomes.length} questions became more than ${inProduction.maxAttempts} calls, the worst ${worst.calls}; ${calls.length} calls in all`,
      'event' in worst ? worst.event : undefined,
    );
    const told = calls.filter(({ failure }) => failure?.retryAfter !== undefined);
    const early = told.filter(({ question, endedAt = 0, failure }) =>
      calls.some(
        ({ question: { id }, at }) =>
          id === question.id && at >= endedAt && at < endedAt + 1_000 * Number(failure?.retryAfter) - 1,
      ),
    );
    must(
      early.length === 0,
      () =>
        `${early.length} of ${told.length} calls were told to come back in ${early[0]?.failure?.retryAfter} s and were repeated sooner`,
      outcomes.find(({ question }) => question.id === early[0]?.question.id)?.event,
    );
    const extra = calls.length - outcomes.length;
    const windows = scene.until / inProduction.budgetWindowMs;
    const most = mostRetries(inProduction, outcomes.length, windows);
    must(extra <= most, `${outcomes.length} questions caused ${extra} retries; the budget allows ${Math.floor(most)}`);
    const lost = outcomes.filter(({ reply, failure }) => !reply && !failure).length;
    must(lost === 0, `${lost} questions ended with neither an answer nor a failure`);
  },
);

/** The budget with a quarter on top, and one window more: buckets, token buckets and sliding windows are all fine. */
const mostRetries = ({ budgetRatio, budgetMinimum }: RetryPolicy, firsts: number, windows: number) =>
  1.25 * (budgetRatio * firsts + budgetMinimum * (windows + 1)) + 1;

behaviour('may-pass', 'what may pass is tried again, after a wait', async (run) => {
  const failures = [...MAY_PASS.map((status) => providerFailure({ status })), providerFailure({ code: 'ECONNRESET' })];
  for (const failure of shuffled(run.seed, 'order', failures)) {
    const { doing, waits } = bench(policyOf(run.seed), run);
    const told = doing([failure]);
    await run.clock.advance(LONG_MS);
    must(
      told.value === 'answer',
      () => `${nameOf(failure)} once, and the second call would have been answered: the caller got ${outcomeOf(told)}`,
    );
    must(told.calls.length === 2, `${nameOf(failure)} once became ${told.calls.length} calls`);
    const gap = (told.calls[1]?.at ?? 0) - (told.calls[0]?.at ?? 0);
    const [wait] = waits;
    must(
      wait !== undefined && Math.abs(gap - wait.waitMs) <= 2,
      () =>
        `the second call came after ${seconds(gap)}; the backoff said ${wait ? seconds(wait.waitMs) : 'nothing, it was not asked'}`,
    );
  }
});

behaviour('final', 'what will not pass is told at once, as it came', async (run) => {
  const { seed, clock } = run;
  const final = [400, 401, 403, 404, 409, 422, 425, 501].map((status) => providerFailure({ status }));
  const own = [
    Object.assign(new Error('sol-large is not answering'), { code: 'CIRCUIT_OPEN' }),
    new RangeError('a mistake of ours'),
  ];
  const { doing, events } = bench(ample(seed), run);
  for (const failure of shuffled(seed, 'order', [...final, ...own])) {
    const first = between(seed, `first ${nameOf(failure)}`, 0, 1) === 1;
    const told = doing(first ? [unavailable(), failure, failure] : [failure, failure]);
    await clock.advance(LONG_MS);
    const calls = first ? 2 : 1;
    must(told.calls.length === calls, () =>
      told.calls.length > calls
        ? `${nameOf(failure)}, which no retry mends, was tried again ${times(told.calls.length - calls)}`
        : `the first call ended in 503, which may pass, and there was no second`,
    );
    must(
      told.failure?.message === failure.message && nameOf(told.failure) === nameOf(failure),
      () => `${first ? 'after a retry ' : ''}the caller was to be told ${nameOf(failure)} and got ${outcomeOf(told)}`,
    );
    must(first || told.endedAt === told.calls[0]?.at, `the caller waited to be told ${nameOf(failure)}`);
  }
  const gaveUp = events.filter(({ type }) => type === 'RetriesExhausted').length;
  must(gaveUp === 0, `RetriesExhausted was announced ${times(gaveUp)} for failures that no retry mends`);
});

behaviour('attempts', 'attempts are bounded, numbered and waited for, each operation on its own', async (run) => {
  const { seed, clock } = run;
  const policy = ample(seed);
  const { maxAttempts } = policy;
  const { doing, waits } = bench(policy, run);
  const told = Array.from({ length: 4 }, () => doing(unavailable, { tookMs: 200 }));
  await clock.advance(LONG_MS);
  for (const { calls, endedAt } of told) {
    must(
      calls.length === maxAttempts,
      `a call that always fails was made ${times(calls.length)}; the policy says ${maxAttempts}`,
    );
    const numbers = calls.map(({ attempt }) => attempt);
    must(
      numbers.every((number, n) => number === n + 1),
      `the attempts of an operation were numbered ${numbers.join(', ')}`,
    );
    must(
      endedAt !== undefined && endedAt <= (calls.at(-1)?.at ?? 0) + 202,
      'after the last failure the caller was kept waiting',
    );
  }
  const asked = waits.map(({ retry }) => retry).sort((a, b) => a - b);
  const right = Array.from({ length: 4 * (maxAttempts - 1) }, (_, n) => Math.floor(n / 4));
  must(
    asked.join() === right.join(),
    `4 operations with ${maxAttempts - 1} retries each: the backoff was asked for these, from 0: ${asked.join(', ') || 'none'}`,
  );
});

behaviour('evidence', 'who gives up says so, with every failure and the last as cause', async (run) => {
  const { seed, clock } = run;
  const policy = ample(seed);
  const failures = Array.from({ length: policy.maxAttempts }, (_, n) =>
    Object.assign(providerFailure({ status: pick(seed, `status ${n}`, MAY_PASS) }), { message: `failure ${n + 1}` }),
  );
  const told = bench(policy, run).doing(failures);
  await clock.advance(LONG_MS);
  const { failure } = told;
  must(
    failure?.code === 'RETRIES_EXHAUSTED',
    () => `after ${policy.maxAttempts} failures the caller got ${outcomeOf(told)}`,
  );
  must(
    failure.status === undefined,
    () => `what was thrown in the end passes for the provider's own ${failure.status}`,
  );
  must(failure instanceof Error, 'what was thrown in the end is not an Error');
  must(
    failure.cause?.message === `failure ${failures.length}` && failure.cause.status === failures.at(-1)?.status,
    () => `the cause is "${failure.cause?.message ?? 'missing'}"; the last was "failure ${failures.length}"`,
  );
  const kept = Array.isArray(failure.errors) ? failure.errors.map(({ message }) => message) : [];
  must(
    kept.join() === failures.map(({ message }) => message).join(),
    () => `${failures.length} calls failed; the failures kept are: ${kept.join(', ') || 'none'}`,
  );
});

behaviour('once-only', 'what must not be done twice is repeated only when it surely was not done', async (run) => {
  const { seed, clock } = run;
  const { doing } = bench(ample(seed), run);
  const charge = { name: 'charge tenant', idempotent: false };
  const unsure = [
    ...[500, 502, 503, 504].map((status) => providerFailure({ status })),
    ...['ECONNRESET', 'ETIMEDOUT'].map((code) => providerFailure({ code })),
  ];
  for (const failure of unsure) {
    const turnedAway = between(seed, nameOf(failure), 0, 1) === 1;
    const told = doing(turnedAway ? [providerFailure({ status: 429 }), failure] : [failure], charge);
    await clock.advance(LONG_MS);
    must(told.calls.length === (turnedAway ? 2 : 1), () =>
      told.calls.length > (turnedAway ? 2 : 1)
        ? `"charge tenant" ended in ${nameOf(failure)}, may have been done, and was done again`
        : 'a "charge tenant" that was turned away with 429 was not tried again',
    );
    must(
      nameOf(told.failure ?? { ...failure, status: 200 }) === nameOf(failure),
      () => `"charge tenant" ended in ${nameOf(failure)}; its caller got ${outcomeOf(told)}`,
    );
  }
  const told = doing([providerFailure({ status: 429 })], charge);
  await clock.advance(LONG_MS);
  must(
    told.value === 'answer',
    () => `"charge tenant" was turned away with 429 once; its caller got ${outcomeOf(told)}`,
  );
});

behaviour('retry-after', 'nothing is tried again before the provider asked, in seconds or by a date', async (run) => {
  const { seed, clock } = run;
  const { doing, waits } = bench(ample(seed), run);
  const asked = between(seed, 'asked', 5, 90) * 1_000;
  const inAWhile = () => new Date(Math.ceil((Date.now() + asked) / 1_000) * 1_000);
  const ways = [
    () => ({ retryAfter: `${asked / 1_000}`, floorMs: asked }),
    () => ({ retryAfter: '3', floorMs: 3_000 }),
    () => ({ retryAfter: inAWhile().toUTCString(), floorMs: inAWhile().getTime() - Date.now() }),
    () => ({ retryAfter: new Date(Date.now() - asked).toUTCString(), floorMs: 0 }),
    () => ({ retryAfter: '0', floorMs: 0 }),
    () => ({ retryAfter: 'soon', floorMs: 0 }),
  ];
  for (const way of shuffled(seed, 'order', ways)) {
    await clock.advance(between(seed, 'moment', 1, 999));
    const { retryAfter, floorMs } = way();
    const told = doing([providerFailure({ status: pick(seed, retryAfter, [429, 503]), retryAfter })]);
    await clock.advance(LONG_MS);
    const [first, second] = told.calls;
    const header = `"Retry-After: ${retryAfter}"`;
    must(
      first !== undefined && second !== undefined,
      () =>
        `${header} came with one failure; the second call would have been answered: the caller got ${outcomeOf(told)}`,
    );
    must(!Number.isNaN(waits.at(-1)?.floorMs), `${header}: the backoff was given a floor that is not a number`);
    const gap = second.at - first.at;
    must(gap >= floorMs - 1, `${header} asked for ${seconds(floorMs)}, and the next call came after ${seconds(gap)}`);
    must(
      gap <= floorMs + 2_002,
      `${header} asked for ${seconds(floorMs)} and the wait on top is 1 s at most; the next call came after ${seconds(gap)}`,
    );
  }
});

behaviour('budget', 'retries stay within the budget, and the budget is there to be used', async (run) => {
  const { seed, clock } = run;
  const policy = policyOf(seed);
  const { budgetRatio, budgetWindowMs, budgetMinimum } = policy;
  const everyMs = budgetWindowMs / 40;
  /** After this the window has passed, however it is kept. */
  const silence = 2.2 * budgetWindowMs;
  const rate = `the policy's share is ${Math.round(budgetRatio * 100)} %, ${budgetMinimum} are always allowed in ${seconds(budgetWindowMs)}`;
  const begin = (count: number, of: Bench, failures: (n: number) => Failing) => {
    const told: Told[] = [];
    const arrivals = Array.from({ length: count }, (_, n) => ({ at: n * everyMs, n }));
    arriveInTurn(arrivals, ({ n }) => void told.push(of.doing(failures(n), { name: `ask ${n % 7}` })));
    return told;
  };

  const outage = begin(120, bench(policy, run), () => unavailable);
  await clock.advance(3 * budgetWindowMs + LONG_MS);
  const retries = retriesOf(outage);
  const most = mostRetries(policy, 120, 3);
  must(
    retries <= most,
    `120 operations failed within ${seconds(3 * budgetWindowMs)} and caused ${retries} retries; ${rate}`,
  );
  const least = Math.max(budgetRatio * 120, 3 * budgetMinimum) / 2;
  must(
    retries >= least,
    `120 operations failed within ${seconds(3 * budgetWindowMs)} and ${retries} were retried; ${rate}`,
  );
  const unclear = outage.find((told) => !exhausted(told));
  must(!unclear, () => `with the budget spent, a caller got ${unclear && outcomeOf(unclear)}`);

  const one = Math.round(2 / budgetRatio);
  const healthy = bench(policy, run);
  const blips = begin(120, healthy, (n) => (n % one === one - 1 ? [unavailable()] : []));
  await clock.advance(120 * everyMs + silence);
  const denied = blips.filter(({ value }) => !value).length;
  must(
    denied === 0,
    `one call in ${one} failed, once; ${denied} of ${Math.floor(120 / one)} were denied their retry (${rate})`,
  );

  const burst = Array.from({ length: 40 }, () => healthy.doing(unavailable));
  await clock.advance(LONG_MS);
  const late = retriesOf(burst);
  must(
    late <= mostRetries(policy, 40, 1),
    `after ${seconds(silence)} of silence 40 operations failed at once and caused ${late} retries; ${rate}`,
  );

  const quiet = bench(policy, run);
  for (const when of ['the first of the day', `after ${seconds(silence)} of silence`]) {
    const lone = Array.from({ length: budgetMinimum }, () => quiet.doing([unavailable()]));
    await clock.advance(silence);
    const left = lone.filter(({ value }) => !value).length;
    must(
      left === 0,
      `${budgetMinimum} operations, ${when}, failed once each; ${left} were denied their retry (${rate})`,
    );
  }
});
const retriesOf = (told: Told[]) => told.reduce((sum, { calls }) => sum + calls.length - 1, 0);

behaviour('caller-gone', 'nothing is tried for a caller who has stopped waiting', async (run) => {
  const { seed, clock } = run;
  const { doing } = bench(ample(seed), run);
  for (let n = 0; n < 6; n++) {
    const patience = between(seed, `patience ${n}`, 600, 9_000);
    const tookMs = n === 0 ? patience + 500 : between(seed, `took ${n}`, 50, 700);
    const until = clock.now() + patience;
    const told = doing(unavailable, { deadline: Date.now() + patience, tookMs });
    await clock.advance(LONG_MS);
    const late = told.calls.filter(({ at }) => at > until).length;
    must(
      late === 0,
      () =>
        `${late} of ${told.calls.length} calls began after the deadline of ${seconds(patience)}, the last ${seconds((told.calls.at(-1)?.at ?? 0) - until)} after it`,
    );
    const ended = told.endedAt ?? Infinity;
    must(
      ended <= (told.calls.at(-1)?.at ?? 0) + tookMs + 2,
      () => `there was no time for another call; the caller was told ${seconds(ended - until)} after the deadline`,
    );
    must(exhausted(told), () => `the time ran out between two calls; the caller got ${outcomeOf(told)}`);
  }

  const leaver = new AbortController();
  const retryAfter = '30';
  const left = doing(() => providerFailure({ status: 429, retryAfter }), { signal: leaver.signal });
  await clock.advance(between(seed, 'leaves', 100, 29_000));
  const leftAt = clock.now();
  leaver.abort(new Error('the asker closed the page'));
  await clock.advance(LONG_MS);
  must(left.calls.length === 1, `the caller left during a wait; ${left.calls.length - 1} more calls were made`);
  must(
    left.failure !== undefined && (left.endedAt ?? Infinity) <= leftAt + 2,
    () => `the caller left during a wait, which went on for ${seconds((left.endedAt ?? Infinity) - leftAt)}`,
  );
});

behaviour('events', 'each retry is announced, and each surrender', async (run) => {
  const { seed, clock } = run;
  const policy = ample(seed);
  const { doing, events } = bench(policy, run);
  const name = `ask ${between(seed, 'name', 1, 99)}`;
  const check = async (title: string, failures: Failing, expected: string[]) => {
    events.length = 0;
    doing(failures, { name });
    await clock.advance(LONG_MS);
    must(
      events.every(({ data }) => data.reason.length > 0),
      `"${name}" ${title}, and an event gave no reason`,
    );
    const announced = events.map(({ type, data }) => `${type} (${data.operation}, attempt ${data.attempt})`);
    const right = expected.map((type, n) => `${type} (${name}, attempt ${n + 1})`);
    must(
      announced.join() === right.join(),
      () =>
        `"${name}" ${title}; announced: ${announced.join(', ') || 'nothing'}; due: ${right.join(', ') || 'nothing'}`,
    );
  };
  await check('succeeded at once', [], []);
  await check('failed twice and succeeded', [unavailable(), unavailable()], ['RetryScheduled', 'RetryScheduled']);
  const scheduled = Array.from({ length: policy.maxAttempts - 1 }, () => 'RetryScheduled');
  await check('never succeeded', unavailable, [...scheduled, 'RetriesExhausted']);

  const poor = { ...policy, budgetRatio: 0.1, budgetMinimum: 2 };
  for (const [why, over, patience] of [
    ['budget', poor, LONG_MS],
    ['time', policy, 100],
  ] as const) {
    const { doing: begin, events: said } = bench(over, run);
    const told = Array.from({ length: 12 }, () => begin(unavailable, { name, deadline: Date.now() + patience }));
    await clock.advance(LONG_MS);
    const gaveUp = told.filter(exhausted).length;
    const surrenders = said.filter(({ type }) => type === 'RetriesExhausted');
    must(
      surrenders.length === gaveUp,
      `for want of ${why} ${gaveUp} operations gave up; RetriesExhausted was announced ${times(surrenders.length)}`,
    );
    must(
      surrenders.every(({ data }) => data.operation === name && data.reason.length > 0),
      `for want of ${why} "${name}" gave up, and an event didn't say who, or why`,
    );
  }
});

tradeOff('layers that each retry do not multiply the calls, and a blip is still mended', async (run) => {
  const { seed, clock } = run;
  const depth = between(seed, 'depth', 2, 4);
  for (const failing of ['for good', 'but for the last attempt']) {
    const policy = ample(seed);
    const { maxAttempts } = policy;
    const layers = Array.from({ length: depth }, () => bench(policy, run));
    let calls = 0;
    const provider = async () => {
      calls++;
      if (failing === 'for good' || calls < maxAttempts) throw unavailable();
      return 'answer';
    };
    const through = layers.reduce<() => Promise<string>>(
      (inner, { retry }, n) =>
        () =>
          retry({ name: `layer ${n + 1}`, idempotent: true, run: inner }),
      provider,
    );
    const told: Told = { calls: [] };
    through().then(
      (value) => Object.assign(told, { value, endedAt: clock.now() }),
      (failure: unknown) => Object.assign(told, { failure, endedAt: clock.now() }),
    );
    await clock.advance(6 * LONG_MS);
    must(
      calls === maxAttempts,
      `${depth} layers, ${maxAttempts} attempts each, and a provider that failed ${failing}: one question was called ${times(calls)}`,
    );
    must(
      failing === 'for good' ? told.failure !== undefined : told.value === 'answer',
      () => `${depth} layers and a provider that failed ${failing}: the caller got ${outcomeOf(told)}`,
    );
  }
});

function outcomeOf({ value, failure, endedAt }: Told): string {
  if (failure) return `${nameOf(failure)} ("${failure.message}")`;
  return value === undefined ? (endedAt === undefined ? 'nothing and still waits' : 'an empty answer') : `"${value}"`;
}
