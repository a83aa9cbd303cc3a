import type { Answer, Question } from '#answerdesk/domain.ts';
import type { BreakerEvent, BreakerPolicy, ProtectProvider } from '#answerdesk/seams/circuit-breaker.ts';
import { type Arrival, type AskingScene, type Outcome, playQuestions } from '#answerdesk/simulation/asking.ts';
import type { Fault } from '#answerdesk/simulation/provider-model.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { faultEnds, morning, RECORDED_SEED, recordedMorning } from '../incident/script.ts';
import * as kata from './kata.ts';

const protectProvider: ProtectProvider = kata.protectProvider;

const inProduction: BreakerPolicy = { windowMs: 60_000, minimumCalls: 5, failureRatio: 0.5, coolDownMs: 30_000 };
const policyOf = (seed: number): BreakerPolicy => ({
  windowMs: between(seed, 'window', 10, 30) * 1000,
  minimumCalls: between(seed, 'minimum', 8, 15),
  failureRatio: between(seed, 'ratio', 30, 70) / 100,
  coolDownMs: between(seed, 'cool-down', 10, 30) * 1000,
});

const modelOf = (seed: number) => pick(seed, 'model', ['sol-large', 'sol-small', 'sol-mini']);
/** Questions to one model, one each `everyMs` and a bit; all at once where that is 0. */
function questions(seed: number, from: number, count: number, over: object = {}, everyMs = 250): Arrival[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `q-${from}-${n}-${Object.values(over).join('-')}`;
    const at = Math.floor(from + n * everyMs + (everyMs ? between(seed, id, 0, everyMs / 3) : 0));
    return { at, question: { id, tenant: 'acme', model: modelOf(seed), text: 'Where is my refund?', ...over } };
  });
}
const dead = (from: number, to: number, more: Partial<Fault> = {}): Fault => ({
  from,
  to,
  latencyMs: 200,
  status: 503,
  ...more,
});

async function play(
  policy: BreakerPolicy,
  scene: Omit<AskingScene, 'until' | 'seed'> & { until?: number },
  { seed, clock }: Run,
  signalOf: (question: Question) => AbortSignal | undefined = () => undefined,
) {
  const events: BreakerEvent[] = [];
  const until = scene.until ?? Math.max(...scene.arrivals.map(({ at }) => at)) + 30_000;
  const emit = (event: BreakerEvent) => events.push(structuredClone(event));
  const played = await playQuestions({ ...scene, seed, until }, clock, (ask) => {
    const protectedAsk = protectProvider({ ask, emit }, policy);
    return (question) => {
      const signal = signalOf(question);
      return protectedAsk(question, signal && { signal });
    };
  });
  return { ...played, events };
}
const refused = ({ failure }: Outcome<Answer>) => failure?.code === 'CIRCUIT_OPEN';
const waited = ({ at, endedAt = Infinity }: Outcome<Answer>) => endedAt - at;
const longest = (outcomes: Outcome<Answer>[]) => seconds(Math.max(...outcomes.map(waited)));
const unanswered = (outcomes: Outcome<Answer>[]) => outcomes.filter(({ reply }) => !reply);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

incident(
  'nobody waits for a model that is known to be down, and answers return when it does',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: morning,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const timeoutMs = 10_000;
    const { outcomes } = await play(inProduction, { ...scene, timeoutMs }, run);
    const large = outcomes.filter(({ question }) => question.model === 'sol-large');
    const silent = scene.faults.filter(
      ({ latencyMs = 0, status, code }) => latencyMs > timeoutMs * 1.18 && !status && !code,
    );
    const began = Math.min(...silent.map(({ from }) => from));
    const ended = Math.max(...silent.filter(({ from }) => from < began + 6 * 60_000).map(({ to }) => to));
    const known = began + timeoutMs + inProduction.windowMs * 1.1;

    const during = large.filter(({ at }) => at >= known && at < ended - timeoutMs);
    const probes = Math.ceil((ended - known) / inProduction.coolDownMs) + 1;
    const hung = during.filter((outcome) => waited(outcome) > 1_000);
    must(
      hung.length <= probes,
      () =>
        `${hung.length} of ${during.length} questions waited up to ${longest(hung)} for sol-large, silent since ${seconds(began)} and known to be from ${seconds(known)}; ${probes} may find out whether it is back`,
      hung[0]?.event,
    );
    const over = faultEnds(scene) + timeoutMs + 2 * inProduction.coolDownMs + 2_000;
    const lost = unanswered(large.filter(({ at }) => at >= over));
    must(
      lost.length === 0,
      () =>
        `${lost.length} questions got no answer although sol-large had been well for ${seconds(over - faultEnds(scene))}`,
      lost[0]?.event,
    );
    const early = unanswered(
      outcomes.filter(({ at }) => at < Math.min(...scene.faults.map(({ from }) => from)) - timeoutMs),
    );
    must(
      early.length === 0,
      () => `${early.length} questions from before the brown-out went unanswered`,
      early[0]?.event,
    );
  },
);

behaviour(
  'opens',
  'a model that fails more often than the policy allows is left alone, whatever succeeds in between',
  async (run) => {
    const policy = policyOf(run.seed);
    const status = pick(run.seed, 'status', [500, 502, 503, 504]);
    const share = policy.failureRatio + 0.15;
    const arrivals = questions(run.seed, 0, Math.ceil((policy.windowMs * 1.5) / 250));
    const { outcomes } = await play(
      policy,
      { arrivals, faults: [dead(0, Infinity, { status, questions: failingEvenly(arrivals, share) })] },
      run,
    );
    must(
      outcomes.some(refused),
      () =>
        `${percent(share)} of ${outcomes.length} calls ended in ${status} for ${seconds(policy.windowMs * 1.5)} and each question was still sent (the policy's limit is ${percent(policy.failureRatio)})`,
    );
  },
);

behaviour('stays-closed', 'a model that fails less often than that is asked every question', async (run) => {
  const policy = policyOf(run.seed);
  const share = policy.failureRatio - 0.15;
  const arrivals = questions(run.seed, 0, 160);
  const { outcomes } = await play(
    policy,
    { arrivals, faults: [dead(0, Infinity, { questions: failingEvenly(arrivals, share) })] },
    run,
  );
  const turnedAway = outcomes.filter(({ calls }) => calls === 0).length;
  must(
    turnedAway === 0,
    `${turnedAway} questions were turned away at ${percent(share)} failures; the limit is ${percent(policy.failureRatio)}`,
  );
});

behaviour(
  'window',
  'the minimum of failures within the window is enough; fewer, or older ones, say nothing',
  async (run) => {
    const { seed } = run;
    const policy = policyOf(seed);
    const { windowMs, minimumCalls } = policy;
    const every = (windowMs * 0.8) / minimumCalls;
    const spread = await play(
      policy,
      { arrivals: questions(seed, 0, minimumCalls + 1, {}, every), faults: [dead(0, Infinity)] },
      run,
    );
    must(
      refused(last(spread.outcomes)),
      `${minimumCalls} of ${minimumCalls} calls failed within ${seconds(windowMs * 0.8)}, and the next question was sent`,
    );

    const mixed = await play(
      policy,
      { arrivals: questions(seed, 0, minimumCalls + 1, {}, 500), faults: [dead(400, Infinity)], healthyMs: 200 },
      run,
    );
    must(
      refused(last(mixed.outcomes)),
      `${minimumCalls - 1} of ${minimumCalls} calls failed, the least that says anything, and the next question was sent`,
    );

    const across = await play(
      policy,
      {
        arrivals: [
          ...questions(seed, 0, 1),
          ...questions(seed, Math.floor(windowMs * 0.6), minimumCalls + 1, {}, (windowMs * 0.75) / minimumCalls),
        ],
        faults: [dead(1_000, Infinity)],
      },
      run,
    );
    must(
      refused(last(across.outcomes)),
      `${minimumCalls} calls failed within ${seconds(windowMs * 0.75)}, the first of them ${seconds(windowMs * 0.6)} after a call that was answered, and the next question was sent`,
    );

    const few = [...questions(seed, 0, minimumCalls - 1), ...questions(seed, 6_000, 1)];
    const rare = await play(policy, { arrivals: few, faults: [dead(0, 5_000)] }, run);
    must(
      last(rare.outcomes).calls === 1,
      `turned away after ${minimumCalls - 1} failures; ${minimumCalls} calls are the least that says anything`,
    );

    const noon = 4 * windowMs;
    const old = await play(
      policy,
      { arrivals: [...questions(seed, 0, minimumCalls - 1), ...questions(seed, noon, 4)], faults: [dead(0, Infinity)] },
      run,
    );
    must(
      last(old.outcomes).calls === 1,
      `turned away after 3 failures; the ${minimumCalls - 1} others were ${seconds(noon)} old and the window is ${seconds(windowMs)}`,
    );

    const morningEnds = 3 * windowMs;
    const arrivals = questions(seed, 0, (morningEnds + windowMs * 1.5) / 250);
    const long = await play(policy, { arrivals, faults: [dead(morningEnds, Infinity)] }, run);
    must(
      long.outcomes.some((outcome) => refused(outcome) && outcome.at < morningEnds + windowMs * 1.2),
      `every call failed for ${seconds(windowMs * 1.2)} after ${seconds(morningEnds)} of health, and each question was still sent`,
    );
  },
);

behaviour(
  'cool-down',
  'a model that is down is left in peace for the cool-down, and refusals are immediate',
  async (run) => {
    const policy = policyOf(run.seed);
    const { coolDownMs } = policy;
    const arrivals = questions(run.seed, 0, 4 * (8 + coolDownMs / 1000 + 5));
    const { outcomes, calls } = await play(policy, { arrivals, faults: [dead(0, Infinity)] }, run);
    const first = outcomes.find(refused);
    must(first !== undefined, 'the model was down and nobody was refused');
    const before = last(calls.filter(({ at }) => at < first.at));
    const next = calls.find(({ at }) => at > first.at);
    must(
      !next || next.at >= before.at + coolDownMs,
      () =>
        `called again ${seconds((next?.at ?? 0) - before.at)} after it was given up; the cool-down is ${seconds(coolDownMs)}`,
    );
    const slow = outcomes.filter((outcome) => refused(outcome) && waited(outcome) >= 1);
    must(
      slow.length === 0,
      () => `${slow.length} refusals did not come at once: the slowest took ${Math.max(...slow.map(waited))} ms`,
    );

    const slowly = questions(run.seed, 0, 1, { text: 'Why?' });
    const ids = slowly.map(({ question }) => question.id);
    const late = await play(
      policy,
      {
        arrivals: [...slowly, ...arrivals],
        faults: [{ from: 0, to: 1_000, questions: ids, latencyMs: 9_000 }, dead(0, Infinity)],
      },
      run,
    );
    const answeredAt = late.outcomes[0]?.endedAt ?? 0;
    const opened = late.outcomes.find(refused)?.at ?? Infinity;
    const sent = late.calls.filter(({ at }) => at > opened && at < opened + coolDownMs - 1_000);
    must(
      sent.length === 0,
      () =>
        `a call from before was answered ${seconds(answeredAt - opened)} after the model was given up, and ${sent.length} questions were sent within the cool-down of ${seconds(coolDownMs)}`,
    );
  },
);

behaviour('one-finds-out', 'after the cool-down exactly one of many questions finds out', async (run) => {
  const { seed } = run;
  const policy = policyOf(seed);
  const later = afterCoolDown(policy);
  const crowd = between(seed, 'crowd', 10, 60);
  for (const probe of ['fails', 'answers']) {
    const arrivals = [
      ...questions(seed, 0, 32),
      ...questions(seed, later, crowd, {}, 0),
      ...questions(seed, later + 100, 6),
    ];
    const faults = [dead(0, 9_000), ...(probe === 'fails' ? [dead(9_000, Infinity, { latencyMs: 2_500 })] : [])];
    const { calls } = await play(policy, { arrivals, healthyMs: 2_500, faults }, run);
    const probes = calls.filter(({ at }) => at >= later && at < later + 2_000).length;
    must(
      probes === 1,
      `${probes} of ${crowd + 6} questions were sent to a model that nobody knew to be well (the first one ${probe}); one finds out`,
    );
  }
});

behaviour('re-opens', 'when that question fails, the model is left in peace for as long again', async (run) => {
  const policy = policyOf(run.seed);
  const { coolDownMs } = policy;
  const later = afterCoolDown(policy);
  const arrivals = [...questions(run.seed, 0, 32), ...questions(run.seed, later, 4 * ((2 * coolDownMs) / 1000 + 10))];
  const { calls, events } = await play(policy, { arrivals, faults: [dead(0, Infinity)] }, run);
  const [probe, next] = calls.filter(({ at }) => at >= later);
  must(probe !== undefined, 'nobody ever found out whether the model was back');
  must(
    next !== undefined && next.at <= probe.at + 2 * coolDownMs + 5_000,
    `${seconds(2 * coolDownMs + 5_000)} after the first failed attempt nobody had tried again`,
  );
  must(
    next.at >= probe.at + coolDownMs,
    () =>
      `called again ${seconds(next.at - probe.at)} after that attempt failed; the cool-down is ${seconds(coolDownMs)}`,
  );
  const well = events.filter(({ type }) => type === 'CircuitClosed').length;
  must(well === 0, `CircuitClosed was announced ${well} times of a model that never answered`);
});

behaviour('closes', 'when that question is answered, all are, and both turns were announced', async (run) => {
  const { seed } = run;
  const policy = policyOf(seed);
  const later = afterCoolDown(policy);
  // Two models go down together and each is found out about by itself, at the same time.
  const models = [modelOf(seed), 'sol-other'];
  const arrivals = models.flatMap((model) => [
    ...questions(seed, 0, 32, { model }),
    ...questions(seed, later, 1, { model }),
    ...questions(seed, later + 1_500, 40, { model }),
  ]);
  const { outcomes, events } = await play(policy, { arrivals, faults: [dead(0, 9_000)] }, run);
  const back = outcomes.filter(({ at }) => at >= later);
  must(
    unanswered(back).length === 0,
    () => `${unanswered(back).length} of ${back.length} questions got no answer from a model that was back`,
  );
  for (const model of models) {
    const announced = events.filter(({ data }) => data.model === model).map(({ type }) => type);
    const [first = 'nothing', ...others] = announced;
    must(
      announced.join() === 'CircuitOpened,CircuitClosed',
      () =>
        `${model} went down once and came back; announced of it: ${first}, then ${others.length} more (${[...new Set(others)].join(', ')})`,
    );
  }
  const others = events.filter(({ data }) => !models.includes(data.model));
  must(others.length === 0, () => `the events name ${others[0]?.data.model}; the models were ${models.join(' and ')}`);
});

behaviour('second-outage', 'a model that was back and fails again is left alone again', async (run) => {
  const { seed } = run;
  // What is left of the first outage leaves the window during the second.
  const windowMs = between(seed, 'long window', 30, 33) * 1_000;
  const policy = { ...policyOf(seed), windowMs, coolDownMs: 10_000 };
  const count = 4 * policy.minimumCalls;
  const back = afterCoolDown(policy);
  const again = back + 1_000;
  const arrivals = [
    ...questions(seed, 0, 32),
    ...questions(seed, back, 1),
    ...questions(seed, again, count, {}, (2.5 * windowMs) / count),
  ];
  const { outcomes } = await play(policy, { arrivals, faults: [dead(0, 9_000), dead(again, Infinity)] }, run);
  must(
    outcomes.some((outcome) => refused(outcome) && outcome.at > again),
    `down, back, and down again: the second outage failed ${count} questions in ${seconds(2.5 * windowMs)}, and each was sent`,
  );
});

behaviour(
  'callers-faults',
  'a question that is itself wrong neither opens the circuit nor keeps it open',
  async (run) => {
    const { seed } = run;
    const policy = policyOf(seed);
    const bad = questions(seed, 0, 60);
    const statusOf = (id: string) => pick(seed, `status ${id}`, [400, 401, 404, 422]);
    const faults = bad.map(({ question: { id } }) => dead(0, Infinity, { questions: [id], status: statusOf(id) }));
    const malformed = await play(policy, { arrivals: bad, faults }, run);
    const turnedAway = malformed.outcomes.filter(({ calls }) => calls === 0).length;
    must(turnedAway === 0, `${turnedAway} questions were turned away because others were malformed`);
    const garbled = malformed.outcomes.filter(
      ({ question, failure }) => failure?.status !== statusOf(question.id),
    ).length;
    must(garbled === 0, `${garbled} askers of a malformed question were not told the provider's own status`);

    const later = afterCoolDown(policy);
    const wrong = questions(seed, later, 1, { text: '' });
    const then = questions(seed, later + 1_000, 40);
    const { outcomes } = await play(
      policy,
      {
        arrivals: [...questions(seed, 0, 32), ...wrong, ...then],
        faults: [
          dead(0, 9_000),
          dead(later, Infinity, { questions: wrong.map(({ question }) => question.id), status: 400 }),
        ],
      },
      run,
    );
    const lost = unanswered(outcomes.filter(({ at }) => at >= later + 3_000));
    must(
      lost.length === 0,
      () =>
        `the first question after the cool-down was malformed; ${seconds((lost.at(-1)?.at ?? 0) - later)} later the healthy model was still not asked`,
    );
  },
);

behaviour('quota', 'a tenant whose quota is spent does not take the model from the others', async (run) => {
  const spent = questions(run.seed, 0, 120, { tenant: 'globex' }, 100);
  const others = questions(run.seed, 0, 40, { tenant: 'acme' }, 300);
  const { outcomes } = await play(
    policyOf(run.seed),
    { arrivals: [...spent, ...others], faults: [dead(0, Infinity, { tenant: 'globex', status: 429 })] },
    run,
  );
  const lost = unanswered(outcomes.filter(({ question }) => question.tenant === 'acme')).length;
  must(lost === 0, `${lost} of 40 questions of acme went unanswered because globex had no quota left`);
});

behaviour(
  'asker-leaves',
  'an asker who leaves is heard by the provider, and takes the model from nobody',
  async (run) => {
    const { seed } = run;
    const policy = policyOf(seed);
    const later = afterCoolDown(policy);
    const staysMs = between(seed, 'stays', 500, 2_000);
    const leaver = questions(seed, later, 1, { text: 'Is anybody there?' });
    const ids = leaver.map(({ question }) => question.id);
    const left = later + staysMs;
    const then = left + 2 * policy.coolDownMs + 1_000;
    const { outcomes, calls } = await play(
      policy,
      {
        arrivals: [...questions(seed, 0, 32), ...leaver, ...questions(seed, then, 30)],
        faults: [dead(0, 9_000), { from: later, to: Infinity, questions: ids, latencyMs: 600_000 }],
      },
      run,
      ({ id }) => {
        if (!ids.includes(id)) return undefined;
        const asker = new AbortController();
        setTimeout(() => asker.abort(new Error('the asker closed the page')), staysMs);
        return asker.signal;
      },
    );
    const call = calls.find(({ question }) => ids.includes(question.id));
    must(call !== undefined, 'the first question after the cool-down was not sent');
    must(
      call.aborted === true && (call.endedAt ?? Infinity) <= left + 500,
      `an asker left after ${seconds(staysMs)}, and the provider was not told`,
    );
    const lost = unanswered(outcomes.filter(({ at }) => at >= then + 3_000));
    must(
      lost.length === 0,
      () =>
        `the first asker after the cool-down left before there was an answer; ${seconds((lost.at(-1)?.at ?? 0) - left)} later the healthy model was still not asked`,
    );
  },
);

tradeOff('one dead model on a host does not silence the healthy one beside it', async (run) => {
  const down = pick(run.seed, 'down', ['sol-large', 'sol-small']);
  const well = down === 'sol-large' ? 'sol-small' : 'sol-large';
  const large = questions(run.seed, 0, 80, { model: down });
  const small = questions(run.seed, 0, 40, { model: well }, 500);
  const { outcomes } = await play(
    policyOf(run.seed),
    { arrivals: [...large, ...small], faults: [dead(0, Infinity, { model: down })] },
    run,
  );
  const silenced = unanswered(outcomes.filter(({ question }) => question.model === well)).length;
  must(silenced === 0, `${silenced} of 40 questions to ${well}, which was well, went unanswered`);
  must(outcomes.some(refused), `${down} was down and its questions were sent all the same: nothing was protected`);
});

/** After 8 s of outage and then silence: any cool-down that the policy permits has passed. */
const afterCoolDown = ({ coolDownMs }: BreakerPolicy) => 8_000 + 2 * coolDownMs + 1_000;

/** The ids of a share of the questions, spread evenly. */
function failingEvenly(arrivals: Arrival[], share: number): string[] {
  return arrivals
    .filter((_, n) => Math.floor((n + 1) * share) > Math.floor(n * share))
    .map(({ question }) => question.id);
}
const percent = (share: number) => `${Math.round(share * 100)} %`;
function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  must(item !== undefined, 'nothing was asked at all');
  return item;
}
