import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '#answerdesk/domain.ts';
import type { CreateDeadlines, Deadline, Deadlines, Hop, HopTimeout, TimeoutEvent } from '#answerdesk/seams/timeout.ts';
import { type AskingScene, arriveInTurn, type Outcome, playQuestions } from '#answerdesk/simulation/asking.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { faultEnds, morning, RECORDED_SEED, recordedMorning } from '../incident/script.ts';
import * as kata from './kata.ts';

const createDeadlines: CreateDeadlines = kata.createDeadlines;

/** What the README calls "the same moment". */
const SAME_MS = 10;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const same = (a: number | undefined, b: number) => a !== undefined && Math.abs(a - b) <= SAME_MS;

function set({ clock }: Run) {
  const events: TimeoutEvent[] = [];
  const deadlines = createDeadlines({ emit: (event) => events.push(structuredClone(event)) });
  const within: Deadlines['within'] = (...hop) => deadlines.within(...hop);
  const limitFrom: Deadlines['limitFrom'] = (...measured) => deadlines.limitFrom(...measured);
  const epoch = Date.now() - clock.now();
  /** A deadline at `ms` of the scene. */
  const by = (ms: number, signal?: AbortSignal): Deadline => ({ at: epoch + ms, ...(signal && { signal }) });
  const sceneTime = (at: number) => at - epoch;
  return { events, within, limitFrom, by, sceneTime };
}

/** How something ended; `at` is absent while it goes on. Times in milliseconds of the scene. */
interface Ending {
  at?: number;
  value?: unknown;
  error?: HopTimeout;
}
function watch({ clock }: Run, start: () => Promise<unknown>): Ending {
  const ending: Ending = {};
  const over = (how: Ending) => Object.assign(ending, how, { at: clock.now() });
  void (async () => start())().then(
    (value) => over({ value }),
    (error: HopTimeout) => over({ error }),
  );
  return ending;
}

/** Someone else's work: what it was told, and when it was told to stop. */
interface Work {
  call: (hop: Hop) => Promise<unknown>;
  begun: number;
  told: { remainingMs: number; at: number }[];
  stoppedAt?: number;
}
type OnStop = 'ends' | 'ignores it' | 'fails in its own way';
function work({ clock }: Run, takesMs: number, how: { onStop?: OnStop; value?: unknown; error?: Error } = {}): Work {
  const { onStop = 'ends', value = 'an answer', error } = how;
  const log: Work = {
    begun: 0,
    told: [],
    call: ({ signal, remainingMs, deadline }) => {
      log.begun++;
      log.told.push({ remainingMs, at: deadline.at });
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => (error ? reject(error) : resolve(value)), takesMs);
        const stop = () => {
          log.stoppedAt ??= clock.now();
          if (onStop === 'ignores it') return;
          clearTimeout(timer);
          reject(onStop === 'ends' ? signal.reason : failure('socket hang up', { code: 'ECONNRESET' }));
        };
        if (signal.aborted) stop();
        signal.addEventListener('abort', stop);
      });
    },
  };
  return log;
}
const failure = (message: string, how: object = {}) => Object.assign(new Error(message), how);
const ways: [OnStop, ...OnStop[]] = ['ends', 'ignores it', 'fails in its own way'];

/** Another morning with every second of its questions: as telling, and half the work. The recorded one whole. */
function thinned(seed: number): AskingScene {
  const scene = morning(seed);
  if (seed === RECORDED_SEED) return scene;
  return { ...scene, arrivals: scene.arrivals.filter((_, n) => n % 2 === seed % 2) };
}

incident(
  'a question is over at its deadline, for its asker and for the provider',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: thinned,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const patienceMs = 10_000;
    const { within } = set(run);
    const { outcomes, calls } = await playQuestions<Answer>(
      scene,
      run.clock,
      (ask) => (question) =>
        within('worker', { at: Date.now() + patienceMs }, async ({ deadline }) => {
          await within('retrieval', deadline, () => sleep(between(scene.seed, `retrieval ${question.id}`, 150, 900)));
          return within('provider', deadline, ({ signal }) => ask(question, { signal }));
        }),
    );
    const waited = ({ at, endedAt = scene.until }: Outcome<Answer>) => endedAt - at;
    const hung = outcomes.filter((outcome) => waited(outcome) > patienceMs + SAME_MS);
    must(
      hung.length === 0,
      () =>
        `${hung.length} of ${outcomes.length} questions were still hanging after their ${seconds(patienceMs)}, the longest for ${seconds(Math.max(...hung.map(waited)))}`,
      hung[0]?.event,
    );

    const asked = new Map(outcomes.map((outcome) => [outcome.question.id, outcome]));
    const overtime = calls
      .map(({ question, at, endedAt = scene.until }) => {
        const over = (asked.get(question.id)?.at ?? 0) + patienceMs;
        return { event: asked.get(question.id)?.event, ms: endedAt - Math.max(over, at) };
      })
      .filter(({ ms }) => ms > SAME_MS);
    const wasted = overtime.reduce((sum, { ms }) => sum + ms, 0);
    must(
      overtime.length === 0,
      () =>
        `the provider worked for ${(wasted / 60_000).toFixed(0)} minutes on ${overtime.length} questions whose askers had left`,
      overtime[0]?.event,
    );

    const slow = scene.faults.filter(({ latencyMs = 0, status, code }) => latencyMs <= 6_000 && !status && !code);
    const slowEnds = Math.max(...slow.map(({ to }) => to));
    const well = outcomes.filter(({ at }) => at < slowEnds - 1_500 || at > faultEnds(scene) + patienceMs);
    const lost = well.filter(({ reply, question }) => reply?.questionId !== question.id);
    must(
      lost.length === 0,
      () => `${lost.length} of ${well.length} questions went unanswered that the provider answered within 7 s`,
      lost[0]?.event,
    );
  },
);

behaviour('in-time', 'what ends in time ends as it would have without a deadline', async (run) => {
  const { within, events, by } = set(run);
  const takes = between(run.seed, 'takes', 500, 4_000);
  const values = [0, '', null, { text: 'Within 14 days.' }].map((value) => {
    const started = work(run, takes, { value });
    return { value, started, ending: watch(run, () => within('retrieval', by(9_000), started.call, 5_000)) };
  });
  const errors = [
    failure('provider: 503', { status: 503 }),
    failure('read ECONNRESET', { code: 'ECONNRESET' }),
    failure('no connection free in 3 s', { name: 'TimeoutError', code: 'POOL_TIMEOUT' }),
    failure('The operation was aborted', { name: 'AbortError', code: 'ABORT_ERR' }),
  ].map((error) => ({
    error,
    ending: watch(run, () => within('retrieval', by(9_000), work(run, takes, { error }).call)),
  }));
  await run.clock.advance(takes + 50);
  for (const { value, ending } of values) {
    must(
      same(ending.at, takes) && !ending.error && JSON.stringify(ending.value) === JSON.stringify(value),
      () =>
        `a call answered ${JSON.stringify(value)} after ${seconds(takes)}, in time, and its caller had ${told(ending)}`,
    );
  }
  const cut = values.filter(({ started }) => started.stoppedAt !== undefined && started.stoppedAt < takes - SAME_MS);
  must(cut.length === 0, () => `${cut.length} calls were told to stop although their caller still waited`);
  for (const { error, ending } of errors) {
    must(
      same(ending.at, takes) && ending.error?.message === error.message && !('hop' in ending.error),
      () => `a call failed with "${error.message}", in time, and its caller had ${told(ending)}`,
    );
  }
  await run.clock.advance(10_000);
  must(events.length === 0, () => `${events.length} hops were reported as timed out; all had ended in time`);
});

behaviour('remaining', 'each hop has what is left of the time of its caller, not a budget of its own', async (run) => {
  const { seed, clock } = run;
  const { within, by, sceneTime } = set(run);
  const total = between(seed, 'total', 4_000, 15_000);
  const queued = between(seed, 'queued', 200, total / 4);
  const retrieval = work(run, between(seed, 'retrieval', 300, total / 4));
  const prompt = work(run, between(seed, 'prompt', 100, total / 4));
  const provider = work(run, 60_000, { onStop: pick(seed, 'way', ['ends', 'ignores it']) });
  const deadline = by(total);
  const left: { hop: string; told: number; was: number; until: number }[] = [];
  const noting =
    (hop: string, call: Work['call']): Work['call'] =>
    (given) => {
      left.push({ hop, told: given.remainingMs, was: total - clock.now(), until: sceneTime(given.deadline.at) });
      return call(given);
    };
  await clock.advance(queued);
  const ending = watch(run, () =>
    within(
      'worker',
      { ...deadline },
      noting('worker', async (job) => {
        await within('retrieval', job.deadline, noting('retrieval', retrieval.call));
        return within(
          'answer',
          job.deadline,
          noting('answer', async (answer) => {
            await within('prompt', answer.deadline, noting('prompt', prompt.call));
            return within('provider', answer.deadline, noting('provider', provider.call));
          }),
        );
      }),
    ),
  );
  await clock.advance(4 * total);
  must(left.length === 5, () => `of 5 hops ${left.length} were begun: ${left.map(({ hop }) => hop).join(', ')}`);
  for (const { hop, told, was, until } of left) {
    must(same(told, was), () => `${hop} was told that it had ${seconds(told)}; its caller had ${seconds(was)} left`);
    must(
      same(until, total),
      () => `${hop} was to hand on a deadline at ${seconds(until)}; the caller's is at ${seconds(total)}`,
    );
  }
  must(
    same(ending.at, total),
    () => `the caller's deadline was at ${seconds(total)} and the last of five hops ${ended(ending)}`,
  );
});

behaviour('expires', 'a hop is over when its time is up, whatever its call does', async (run) => {
  const { within, by } = set(run);
  const hops = shuffled(run.seed, 'order', ways).flatMap((onStop, n) =>
    [1, 2].map((m) => {
      const due = between(run.seed, `due ${onStop} ${m}`, 500, 9_000);
      const call = work(run, 25_000 + n, { onStop }).call;
      return { onStop, due, ending: watch(run, () => within(`hop-${n}-${m}`, by(due), call)) };
    }),
  );
  await run.clock.advance(20_000);
  for (const { onStop, due, ending } of hops) {
    must(
      same(ending.at, due),
      () => `the deadline was at ${seconds(due)}; with a call that ${whenStopped(onStop)} the hop ${ended(ending)}`,
    );
    must(
      ending.error?.name === 'TimeoutError' && ending.error.code === 'ETIMEDOUT',
      () =>
        `the time was up; with a call that ${whenStopped(onStop)} its caller had ${told(ending)}, code ${ending.error?.code}`,
    );
  }
});

behaviour('says-which', 'the error and the event say which hop it was and how long it had run', async (run) => {
  const { seed } = run;
  const { within, events, by } = set(run);
  const before = between(seed, 'before', 300, 2_000);
  const due = before + between(seed, 'budget', 500, 6_000);
  const hop = pick(seed, 'hop', ['provider', 'moderation', 'translation']);
  const slow = work(run, 60_000, { onStop: pick(seed, 'way', ways) });
  const ending = watch(run, async () => {
    await within('retrieval', by(due), work(run, before).call);
    return within(hop, by(due), slow.call, pick(seed, 'limit', [undefined, 30_000]));
  });
  await run.clock.advance(due + 1_000);
  const { error } = ending;
  must(
    error?.hop === hop && same(error.afterMs, due - before),
    () => `${hop} ran for ${seconds(due - before)} until the deadline; its caller had ${told(ending)}`,
  );
  const [event] = events;
  must(events.length === 1, () => `one hop timed out and HopTimedOut was emitted ${events.length} times`);
  must(
    event?.type === 'HopTimedOut' && event.data.hop === hop && same(event.data.afterMs, due - before),
    () => `${hop} timed out after ${seconds(due - before)}; the event says ${JSON.stringify(event)}`,
  );

  const nested = between(seed, 'nested', 500, 3_000);
  const start = run.clock.now();
  const outer = watch(run, () =>
    within('worker', by(start + due), async ({ deadline }) => {
      await sleep(nested / 2);
      return within('provider', deadline, work(run, 60_000).call);
    }),
  );
  await run.clock.advance(due + 1_000);
  const ran: Record<string, number> = { worker: due, provider: due - Math.floor(nested / 2) };
  must(
    same(outer.error?.afterMs, ran[outer.error?.hop ?? ''] ?? -1),
    () =>
      `worker had run for ${seconds(due)} and provider, within it, for ${seconds(ran['provider'] ?? 0)}; the caller had ${told(outer)}`,
  );
});

behaviour('hangs-up', 'when the time is up the call hears of it, on every hop below', async (run) => {
  const { seed } = run;
  const { within, by } = set(run);
  const due = between(seed, 'due', 1_000, 6_000);
  const direct = work(run, 60_000, { onStop: pick(seed, 'way', ways) });
  const deep = work(run, 60_000);
  const beside = work(run, due + 2_000);
  watch(run, () => within('provider', by(due), direct.call));
  watch(run, () =>
    within('gateway', by(due), (outer) =>
      within('worker', outer.deadline, (inner) => within('provider', inner.deadline, deep.call)),
    ),
  );
  const other = watch(run, () => within('provider', by(due + 5_000), beside.call));
  await run.clock.advance(due + 3_000);
  for (const [where, log] of [['the call', direct] as const, ['the call three hops down', deep] as const]) {
    must(same(log.stoppedAt, due), () => `the time was up at ${seconds(due)}; ${where} ${heard(log)}`);
  }
  must(
    other.value === 'an answer',
    () => `another question had ${seconds(5_000)} more when this one's time was up; its caller had ${told(other)}`,
  );
});

behaviour('own-limit', 'a hop with a limit of its own leaves the rest of the time to its caller', async (run) => {
  const { seed } = run;
  const { within, events, by } = set(run);
  const limit = between(seed, 'limit', 500, 3_000);
  const total = 3 * limit + between(seed, 'total', 1_000, 4_000);
  const first = work(run, 60_000, { onStop: pick(seed, 'way', ways) });
  const second = work(run, Math.floor(limit / 2), { value: 'the second answer' });
  let missed: Ending = {};
  const ending = watch(run, () =>
    within('worker', by(total), async ({ deadline }) => {
      missed = watch(run, () => within('provider', deadline, first.call, limit));
      await sleep(limit + 50);
      return within('provider', deadline, second.call, limit);
    }),
  );
  const passedOn = watch(run, () =>
    within('worker', by(total), ({ deadline }) => within('retrieval', deadline, work(run, 60_000).call, limit)),
  );
  await run.clock.advance(total + 1_000);
  must(
    same(missed.at, limit) && same(first.stoppedAt, limit),
    () => `the hop's own limit was ${seconds(limit)}; it ${ended(missed)}, and its call ${heard(first)}`,
  );
  must(
    same(first.told[0]?.remainingMs, limit),
    () => `a hop with a limit of ${seconds(limit)} was told that it had ${seconds(first.told[0]?.remainingMs ?? 0)}`,
  );
  must(
    missed.error?.hop === 'provider' && same(missed.error.afterMs, limit),
    () => `provider was cut at its own limit of ${seconds(limit)}; its caller had ${told(missed)}`,
  );
  must(
    ending.value === 'the second answer',
    () =>
      `a hop was cut at its own limit with ${seconds(total - limit)} left for another; the caller had ${told(ending)}`,
  );
  must(
    passedOn.error?.hop === 'retrieval' && same(passedOn.error.afterMs, limit),
    () =>
      `retrieval was cut at its limit of ${seconds(limit)}, within a worker that had time left; the caller had ${told(passedOn)}`,
  );
  must(
    events.every(({ data }) => data.hop !== 'worker') && events.length === 2,
    () => `two hops were cut; reported were ${events.map(({ data }) => data.hop).join(', ') || 'none'}`,
  );

  const start = run.clock.now();
  const inner = work(run, 60_000, { onStop: 'ignores it' });
  const again = work(run, 200);
  const limited = watch(run, () =>
    within(
      'worker',
      by(start + total),
      async ({ deadline }) => {
        await sleep(Math.floor(limit / 4));
        await within('provider', deadline, inner.call).catch(() => sleep(20));
        return within('provider', deadline, again.call);
      },
      limit,
    ),
  );
  const late = watch(run, () => within('provider', by(start + limit), work(run, 60_000).call, total));
  await run.clock.advance(total + 1_000);
  const left = limit - Math.floor(limit / 4);
  must(
    same(inner.told[0]?.remainingMs, left),
    () =>
      `worker had ${seconds(left)} left of its own limit; provider, within it, was told ${seconds(inner.told[0]?.remainingMs ?? 0)}`,
  );
  must(same(limited.at, start + limit), () => `worker's limit was ${seconds(limit)}; it ${ended(limited, start)}`);
  must(again.begun === 0, 'worker was cut at its own limit, and the next attempt within it was begun all the same');
  must(
    same(late.at, start + limit),
    () => `the caller had ${seconds(limit)}, the hop's own limit was ${seconds(total)}; it ${ended(late, start)}`,
  );
});

behaviour('not-begun', 'nothing is begun for a caller who has left', async (run) => {
  const { seed, clock } = run;
  const { within, by } = set(run);
  const due = between(seed, 'due', 500, 3_000);
  const gone = new AbortController();
  gone.abort(failure('the user closed the page'));
  await clock.advance(due);
  const late = [0, between(seed, 'late', 1, 20_000)].map((ms) => {
    const never = work(run, 100);
    return { ms, never, ending: watch(run, () => within('provider', by(due - ms), never.call, 5_000)) };
  });
  const unwanted = work(run, 100);
  const left = watch(run, () => within('provider', by(due + 9_000, gone.signal), unwanted.call));
  const step = work(run, 60_000, { onStop: 'fails in its own way' });
  const next = work(run, 100);
  watch(run, () =>
    within('worker', by(due + 1_000), async ({ deadline }) => {
      await within('provider', deadline, step.call).catch(() => {});
      for (let attempt = 2; attempt <= 4; attempt++) await within('provider', deadline, next.call).catch(() => {});
    }),
  );
  await clock.advance(2_000);
  for (const { ms, never, ending } of late) {
    must(never.begun === 0, `a call was begun ${seconds(ms)} after the deadline of its caller`);
    must(
      same(ending.at, due) && ending.error?.name === 'TimeoutError' && ending.error.hop === 'provider',
      () => `no time was left for provider; its caller had ${told(ending)}`,
    );
    must(same(ending.error.afterMs, 0), () => `provider was never begun and is said to have run: ${told(ending)}`);
  }
  must(unwanted.begun === 0, 'a call was begun for a caller who had already given up');
  must(
    same(left.at, due) && left.error?.message === 'the user closed the page',
    () => `the caller had given up ("the user closed the page") and had ${told(left)}`,
  );
  must(next.begun === 0, () => `the time was up in the first attempt and ${next.begun} more were begun`);
});

behaviour('late', 'what a call says after its time is up changes nothing', async (run) => {
  const { seed } = run;
  const { within, events, by } = set(run);
  const due = between(seed, 'due', 500, 3_000);
  const error = failure('provider: 504', { status: 504 });
  const calls = [
    work(run, due + 700, { onStop: 'ignores it' }),
    work(run, due + 900, { onStop: 'ignores it', error }),
    work(run, due + 5_000, { onStop: 'fails in its own way' }),
  ];
  const settled: number[] = [];
  const endings = calls.map(({ call }, n) =>
    watch(run, () => within(`hop-${n}`, by(due), call).finally(() => settled.push(n))),
  );
  await run.clock.advance(due + 2_000);
  const seen = endings.filter((ending) => ending.error?.name !== 'TimeoutError').length;
  must(seen === 0, () => `${seen} of 3 callers had something else than a timeout from a call that was too late`);
  must(
    events.length === 3 && settled.length === 3,
    () => `3 hops timed out, and HopTimedOut was emitted ${events.length} times when their calls had ended`,
  );
});

behaviour('gives-up', 'a caller who gives up is let go, and so is everyone who works for him', async (run) => {
  const { seed } = run;
  const { within, events, by } = set(run);
  const total = between(seed, 'total', 4_000, 9_000);
  const leaves = between(seed, 'leaves', 300, total - 1_000);
  const user = new AbortController();
  const ignoring = work(run, total + 2_000, { onStop: 'ignores it' });
  const deep = work(run, 60_000);
  const limited = work(run, 60_000);
  const endings = [
    watch(run, () => within('provider', by(total, user.signal), ignoring.call)),
    watch(run, () =>
      within('worker', by(total, user.signal), (outer) =>
        within('retrieval', outer.deadline, (inner) => within('index', inner.deadline, deep.call)),
      ),
    ),
    watch(run, () => within('provider', by(total, user.signal), limited.call, total - 500)),
  ];
  await run.clock.advance(leaves);
  user.abort(failure('the user closed the page'));
  await run.clock.advance(2 * total);
  const stopped = [ignoring, deep, limited].filter(({ stoppedAt }) => same(stoppedAt, leaves)).length;
  must(stopped === 3, () => `the caller gave up at ${seconds(leaves)} and ${3 - stopped} of 3 calls went on for him`);
  for (const ending of endings) {
    must(same(ending.at, leaves), () => `the caller gave up at ${seconds(leaves)} and his hop ${ended(ending)}`);
    must(
      ending.error?.message === 'the user closed the page',
      () => `the caller gave up ("the user closed the page") and had ${told(ending)}`,
    );
  }
  must(events.length === 0, () => `nothing timed out, the caller gave up; ${events.length} hops were reported`);
});

behaviour('leaves-nothing', 'hops that are over leave nothing behind at a caller who stays', async (run) => {
  const { within, by } = set(run);
  const worker = new AbortController();
  const hops = 3 * between(run.seed, 'hops', 5, 12);
  for (let n = 0; n < hops; n++) {
    const each = work(run, n % 3 === 1 ? 60_000 : 90, n % 3 === 2 ? { error: failure('provider: 500') } : {});
    watch(run, () => within('provider', by(run.clock.now() + 400, worker.signal), each.call));
    if (n % 2 === 0) await run.clock.advance(100);
  }
  await run.clock.advance(1_000);
  const listening = getEventListeners(worker.signal, 'abort').length;
  must(
    listening <= 1,
    `${hops} hops are over and ${listening} still listen to the signal of the worker that asked; it lives as long as the process`,
  );
});

behaviour('limit', 'a limit cuts no more good calls than was agreed, and is hardly longer than that takes', (run) => {
  const { seed } = run;
  const { limitFrom } = set(run);
  const cases = [
    { count: between(seed, 'many', 1_000, 2_500), accepted: 0.001 },
    { count: between(seed, 'some', 150, 400), accepted: between(seed, 'accepted', 2, 9) / 100 },
    { count: between(seed, 'few', 30, 90), accepted: 0.01 },
    { count: between(seed, 'fewer', 2, 6), accepted: 0.05 },
    { count: 1, accepted: 0.001 },
  ];
  for (const { count, accepted } of cases) {
    const latencies = goodCalls(seed, count);
    const limit = limitFrom([...latencies], accepted);
    const cut = latencies.filter((latency) => !(latency <= limit)).length;
    must(
      cut <= count * accepted + 1e-6,
      () =>
        `a limit of ${seconds(limit)} cuts ${cut} of ${count} good calls; ${percent(accepted)} was accepted, which is at most ${Math.floor(count * accepted + 1e-6)}`,
    );
    const longest = longestLimit(latencies, accepted);
    must(
      limit <= longest,
      () =>
        `a limit of ${seconds(limit)} for ${count} calls; ${seconds(longest)} would have cut no more than ${percent(accepted)}`,
    );
  }
});

tradeOff('slow successes are not cut off and done twice, and hung calls are not waited out', async (run) => {
  const { seed, clock } = run;
  const { within, limitFrom, by } = set(run);
  const accepted = between(seed, 'accepted', 1, 3) / 100;
  const latencies = goodCalls(seed, between(seed, 'calls', 180, 260));
  const limit = limitFrom([...latencies], accepted);
  const hangs = 4;
  const asked = shuffled(seed, 'order', [...latencies, ...Array<number>(hangs).fill(Infinity)]).map((takes, n) => {
    const provider = work(run, Math.min(takes, 600_000));
    return { at: n * 150, takes, provider, wait: 0 };
  });
  arriveInTurn(asked, async (question) => {
    const { at, provider } = question;
    const ask = () => within('provider', by(at + 300_000), provider.call, limit);
    await ask()
      .catch((error: HopTimeout) => {
        question.wait = error.afterMs ?? 0;
        return question.takes === Infinity ? 'let go' : ask();
      })
      .catch(() => {});
  });
  await clock.advance(700_000);
  const good = asked.filter(({ takes }) => takes < Infinity);
  // Calls that take as long as the limit may go either way; there may be several.
  const twice = good.filter(({ provider, takes }) => provider.begun > 1 && takes > limit + SAME_MS).length;
  must(
    twice <= good.length * accepted + 1e-6,
    () =>
      `${twice} of ${good.length} calls that would have been answered were cut off and made again, ${percent(twice / good.length)}; ${percent(accepted)} was accepted`,
  );
  const longest = longestLimit(latencies, accepted);
  const held = asked.filter(({ takes, wait }) => takes === Infinity && !(wait > 0 && wait <= longest + SAME_MS)).length;
  must(
    held === 0,
    () =>
      `${held} of ${hangs} calls that hung were held longer than the ${seconds(longest)} that ${percent(accepted)} asks for`,
  );
});

/** Latencies of good calls, ms: most near 0.8 s, one in twelve several times that, one that took a minute. */
function goodCalls(seed: number, count: number): number[] {
  const latencies = Array.from({ length: count }, (_, n) => {
    const usual = 650 + 300 * roll(seed, `usual ${count} ${n}`);
    const tail = roll(seed, `tail ${count} ${n}`);
    const slow = roll(seed, `slow ${count} ${n}`) < 1 / 12;
    return Math.round(slow ? usual * (3 + 9 * tail * tail) : usual);
  });
  if (count > 100) latencies.splice(0, 1, 60_000);
  return shuffled(seed, `order ${count}`, latencies);
}

/** The next slower latency than the least limit that keeps the share, or a tenth above that limit. */
function longestLimit(latencies: readonly number[], accepted: number): number {
  const slowestFirst = [...latencies].sort((a, b) => b - a);
  const mayBeCut = Math.floor(latencies.length * accepted + 1e-6);
  return Math.max(slowestFirst[mayBeCut - 1] ?? 0, 1.1 * (slowestFirst[mayBeCut] ?? 0) + 1);
}

/** What a caller had, in the words of a failure message. */
function told({ at, value, error }: Ending): string {
  if (at === undefined) return 'nothing';
  if (!error) return `${JSON.stringify(value)} after ${seconds(at)}`;
  const which = error.hop === undefined ? '' : `, hop ${error.hop}, after ${error.afterMs} ms`;
  return `${error.name} "${error.message}"${which}`;
}
const ended = ({ at }: Ending, since = 0) => (at === undefined ? 'never ended' : `ended at ${seconds(at - since)}`);
const heard = ({ stoppedAt }: Work) =>
  stoppedAt === undefined ? 'was never told to stop' : `was told to stop at ${seconds(stoppedAt)}`;
const whenStopped = (onStop: OnStop) => (onStop === 'ends' ? 'ends when it is told to' : `${onStop} when told to stop`);
