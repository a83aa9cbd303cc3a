import { isDeepStrictEqual } from 'node:util';
import type { CreateIntake, ExecutionPolicy, JobView, RoutedQuestion } from '#answerdesk/seams/execution.ts';
import type { AskingScene } from '#answerdesk/simulation/asking.ts';
import { providerPort } from '#answerdesk/simulation/provider-port.ts';
import {
  accepted,
  type Outcome,
  playSubmissions,
  type Submitted,
  type SubmittingScene,
} from '#answerdesk/simulation/submitting.ts';
import { readRecording } from '#kit/events.ts';
import { between, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { faultEnds, morning, RECORDED_SEED, recordedMorning } from '../incident/script.ts';
import * as kata from './kata.ts';

const createIntake: CreateIntake = kata.createIntake;

const inProduction: ExecutionPolicy = { inlineBudgetMs: 200, concurrency: 16 };
/** Few slots, so that a crowd fills them. */
const narrow = (seed: number): ExecutionPolicy => ({
  inlineBudgetMs: between(seed, 'budget', 4, 16) * 50,
  concurrency: between(seed, 'slots', 3, 6),
});
/** More slots than any of its scenes needs. */
const roomy = (seed: number): ExecutionPolicy => ({ ...narrow(seed), concurrency: between(seed, 'slots', 50, 80) });

/** Answers of a route from which it is known, and from which a route that has changed is known again. */
const TEACHES = 10;
const TEACHES_ANEW = 30;

function play(
  policy: ExecutionPolicy,
  submitted: readonly Submitted[],
  { clock }: Run,
  more: Omit<SubmittingScene, 'submitted'> = {},
) {
  return playSubmissions(createIntake, policy, { submitted, ...more }, clock);
}

const ROUTES = ['cache', 'sol-large', 'sol-small', 'order-lookup', 'refund-tool'] as const;
const routesOf = (seed: number) => shuffled(seed, 'routes', ROUTES) as [string, string, string, string, string];

/** Questions of one route, one each `everyMs` and a bit. Their texts are of any length, whatever they take. */
function ask(
  seed: number,
  route: string,
  of: { from: number; count: number; everyMs: number; takesMs: [number, number]; status?: number },
): Submitted[] {
  return Array.from({ length: of.count }, (_, n) => {
    const id = `${route}-${of.from}-${n}`;
    const text = 'and where is my refund? '.repeat(between(seed, `text ${id}`, 1, 60));
    return {
      at: Math.floor(of.from + n * of.everyMs + between(seed, `at ${id}`, 0, of.everyMs / 3)),
      question: { id, tenant: 'acme', model: 'sol-large', text, route },
      takesMs: between(seed, `takes ${id}`, Math.ceil(of.takesMs[0]), Math.floor(of.takesMs[1])),
      ...(of.status !== undefined && { status: of.status }),
    };
  });
}
/** Clearly under and clearly over a budget, in milliseconds. */
const quickMs = (budget: number): [number, number] => [budget * 0.1, budget * 0.7];
const slowMs = (budget: number, atMost = 8): [number, number] => [budget * 1.6, budget * atMost];

const waited = ({ at, repliedAt = Infinity }: Outcome) => repliedAt - at;
const inline = ({ reply, question }: Outcome) => reply?.status === 200 && reply.answer.questionId === question.id;
const seconds = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const longest = (outcomes: readonly Outcome[]) => {
  const ms = Math.max(...outcomes.map(waited));
  return ms === Infinity ? 'for as long as we watched' : `up to ${seconds(ms)}`;
};
/** Answers of its route that had ended when it was asked, of those asked since `since`. */
const known = (outcome: Outcome, outcomes: readonly Outcome[], since = 0) =>
  outcomes.filter(
    ({ question, at, endedAt = Infinity }) =>
      question.route === outcome.question.route && at >= since && endedAt < outcome.at - 5,
  ).length;
/** Whether it could be begun when it was asked: fewer were unfinished than there are slots. */
const hadRoom = (outcome: Outcome, outcomes: readonly Outcome[], { concurrency }: ExecutionPolicy) =>
  outcomes.filter(
    (other) => other !== outcome && other.at <= outcome.at && (other.endedAt ?? Infinity) > outcome.at - 25,
  ).length < concurrency;

function mustBeInTime(outcomes: readonly Outcome[], { inlineBudgetMs }: ExecutionPolicy, which = ''): void {
  const kept = outcomes.filter((outcome) => !(waited(outcome) <= inlineBudgetMs * 1.1));
  must(
    kept.length === 0,
    () =>
      `${kept.length} of ${outcomes.length} callers${which} had neither an answer nor a receipt after ${seconds(inlineBudgetMs)}: they were kept ${longest(kept)} (first: ${kept[0]?.question.route})`,
    kept[0]?.event,
  );
}
function mustLoseNone(outcomes: readonly Outcome[]): void {
  const turnedAway = outcomes.filter(({ failure, workFailed }) => failure !== undefined && !workFailed);
  must(
    turnedAway.length === 0,
    () =>
      `${turnedAway.length} of ${outcomes.length} questions were turned away, though nothing had failed (${turnedAway[0]?.failure?.message})`,
    turnedAway[0]?.event,
  );
  const givenUp = outcomes.filter(({ job, workFailed }) => job?.state === 'failed' && !workFailed);
  must(
    givenUp.length === 0,
    () =>
      `${givenUp.length} of ${outcomes.length} questions were accepted and then failed, though their work had not (${reasonOf(givenUp[0]?.job)})`,
    givenUp[0]?.event,
  );
  const jobs = accepted(outcomes);
  const open = jobs.filter(({ job }) => job?.state !== 'done' && job?.state !== 'failed');
  must(
    open.length === 0,
    () =>
      `${open.length} of ${jobs.length} accepted questions had not ended when all work should have been done: their jobs read ${kinds(open.map(({ job }) => job?.state))}`,
    open[0]?.event,
  );
  const astray = outcomes.filter((one) => isAnswered(one) && !isDeepStrictEqual(answerOf(one), one.worked));
  const unworked = astray.filter(({ begun }) => begun.length === 0).length;
  must(
    astray.length === 0,
    () =>
      `${astray.length} of ${outcomes.length} questions were answered with something else than the work on them had come to${unworked > 0 ? `; ${unworked} of them were never worked on` : ''}`,
    astray[0]?.event,
  );
}
const isAnswered = ({ reply, job }: Outcome) => reply?.status === 200 || job?.state === 'done';
const answerOf = ({ reply, job }: Outcome) => {
  if (reply?.status === 200) return reply.answer;
  return job?.state === 'done' ? job.answer : undefined;
};
const reasonOf = (job: JobView | undefined) => (job?.state === 'failed' ? job.reason : 'no reason');
function mustWorkOnce(outcomes: readonly Outcome[]): void {
  const twice = outcomes.filter(({ begun }) => begun.length > 1);
  must(
    twice.length === 0,
    () =>
      `${twice.length} of ${outcomes.length} questions were worked on ${twice[0]?.begun.length} times, and paid for each time`,
    twice[0]?.event,
  );
}
/** Quick questions that were known to be, and for which there was room. */
function mustStayInline(outcomes: readonly Outcome[], teachers: (outcome: Outcome) => number, what: string): void {
  const away = outcomes.filter((outcome) => !inline(outcome));
  must(
    away.length === 0,
    () =>
      `${away.length} of ${outcomes.length} questions ${what} were not answered in the response, after ${Math.min(...away.map(teachers))} answers of their route and with a slot free: two round trips where one does`,
    away[0]?.event,
  );
}
const kinds = (states: readonly (string | undefined)[]) =>
  [...new Set(states.map((state) => state ?? 'unknown'))].join(', ');

incident(
  'nobody is kept while the model takes 45 s, nothing is lost, and kept answers still come in the response',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: morning,
    recordedSeed: RECORDED_SEED,
  },
  async (scene: AskingScene, run) => {
    const asked = scene.arrivals.map(({ question, ...arrival }): Submitted => {
      // Answers to this one are kept; the others are for their model.
      const isKept = question.text === 'How do I reset my password?' && !question.mustBeFresh;
      return { ...arrival, question: { ...question, route: isKept ? 'cache' : question.model }, takesMs: 40 };
    });
    let provider: ReturnType<typeof providerPort> | undefined;
    const work = async (question: RoutedQuestion, now: () => number) => {
      provider ??= providerPort(scene, now);
      if (question.route !== 'cache') return provider.ask(question);
      await new Promise((resolve) => setTimeout(resolve, 40));
      return { questionId: question.id, text: `answer to ${question.id}` };
    };
    const { outcomes } = await play(inProduction, asked, run, { work, until: scene.until });
    mustBeInTime(outcomes, inProduction);
    mustLoseNone(outcomes);
    mustWorkOnce(outcomes);
    const unanswered = outcomes.filter(
      ({ at, job, reply }) => at > faultEnds(scene) + 90_000 && reply?.status !== 200 && job?.state !== 'done',
    );
    must(
      unanswered.length === 0,
      () => `${unanswered.length} questions got no answer although the provider had been well for 90 s`,
      unanswered[0]?.event,
    );
    const kept = outcomes.filter(
      (outcome) =>
        outcome.question.route === 'cache' &&
        known(outcome, outcomes) >= TEACHES &&
        hadRoom(outcome, outcomes, inProduction),
    );
    mustStayInline(kept, (outcome) => known(outcome, outcomes), 'whose answer was kept');
  },
);

behaviour('inline', 'a question that takes less than the budget is answered in the response', async (run) => {
  const { seed } = run;
  const policy = roomy(seed);
  const budget = policy.inlineBudgetMs;
  const [route] = routesOf(seed);
  const asked = ask(seed, route, { from: 0, count: 30, everyMs: budget, takesMs: quickMs(budget) });
  const { outcomes, events } = await play(policy, asked, run);
  mustStayInline(
    outcomes.slice(TEACHES + 2),
    (outcome) => known(outcome, outcomes),
    'that took under 70 % of the budget',
  );
  mustLoseNone(outcomes);
  mustWorkOnce(outcomes);
  const held = outcomes.filter((outcome) => inline(outcome) && waited(outcome) > outcome.takesMs + 20);
  must(
    held.length === 0,
    () => `${held.length} answers that were ready in ${seconds(held[0]?.takesMs ?? 0)} were held back ${longest(held)}`,
  );
  const spoken = events.filter(({ data }) =>
    outcomes.some((one) => inline(one) && one.question.id === data.questionId),
  );
  must(
    spoken.length === 0,
    () => `${spoken[0]?.type} was announced for a question that was answered in the response: it has no job`,
  );
});

behaviour(
  'in-time',
  'a caller has an answer or a receipt within the budget, even of a route that was quick until now',
  async (run) => {
    const { seed } = run;
    const policy = roomy(seed);
    const budget = policy.inlineBudgetMs;
    const [turning, unseen] = routesOf(seed);
    const turn = 30 * budget;
    const asked = [
      ...ask(seed, turning, { from: 0, count: 25, everyMs: budget, takesMs: quickMs(budget) }),
      ...ask(seed, turning, { from: turn, count: 12, everyMs: budget / 4, takesMs: slowMs(budget, 20) }),
      ...ask(seed, unseen, { from: turn / 2, count: 5, everyMs: budget / 4, takesMs: slowMs(budget, 20) }),
    ];
    const { outcomes } = await play(policy, asked, run);
    const of = (route: string, from: number) =>
      outcomes.filter(({ question, at }) => question.route === route && at >= from);
    mustBeInTime(of(unseen, 0), policy, ' of a route that nobody had seen');
    mustBeInTime(of(turning, turn), policy, ' of a route that had just become slow');
    mustLoseNone(outcomes);
    mustWorkOnce(outcomes);
  },
);

behaviour('job', 'a receipt names a job that is there, tells the truth at each moment and ends', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const [slow] = routesOf(seed);
  const count = policy.concurrency * 4;
  const asked = ask(seed, slow, { from: 0, count, everyMs: budget / 3, takesMs: slowMs(budget, 5) });
  const looks = Array.from({ length: 24 }, (_, n) => Math.floor((n + 1) * 0.83 * budget));
  const { outcomes, seen, never } = await play(policy, asked, run, { looks });
  const jobs = accepted(outcomes);
  must(
    jobs.length === count,
    () => `${jobs.length} of ${count} questions that took over 150 % of the budget have a receipt`,
  );
  const ids = new Set(jobs.map(({ reply }) => (reply?.status === 202 ? reply.jobId : '')));
  must(ids.size === count, () => `${count} receipts name ${ids.size} jobs`);
  const lost = jobs.filter(({ reply }) => reply?.status === 202 && reply.location !== `/jobs/${reply.jobId}`);
  must(lost.length === 0, () => `${lost.length} of ${count} receipts have a location that isn't their job's`);
  const missing = jobs.filter(({ atReceipt }) => atReceipt === undefined);
  must(
    missing.length === 0,
    () => `${missing.length} of ${count} callers looked for their job at once and it wasn't there`,
  );
  for (const { outcome, at, state } of seen) {
    const [from = Infinity] = outcome.begun;
    const to = outcome.endedAt ?? Infinity;
    if (Math.abs(at - from) <= 25 || Math.abs(at - to) <= 25) continue;
    const truth = at < from ? 'queued' : at < to ? 'running' : 'done';
    must(
      state === truth,
      () =>
        `at ${seconds(at)} the job of ${outcome.question.id} read ${state ?? 'unknown'}; its work was ${WORK_IS[truth]}`,
    );
  }
  mustLoseNone(outcomes);
  const gone = jobs.filter(({ jobAgain }) => jobAgain?.state !== 'done');
  must(gone.length === 0, () => `${gone.length} of ${count} answers were gone when their job was read again`);
  must(never === undefined, () => `a job that never was reads ${never?.state}`);
});
const WORK_IS = { queued: 'not begun', running: 'under way', done: 'done' };

behaviour(
  'learns',
  'what a route has lately taken decides: slow ones get a receipt at once, quick ones an answer',
  async (run) => {
    const { seed } = run;
    const policy = roomy(seed);
    const budget = policy.inlineBudgetMs;
    const [quick, slow, other] = routesOf(seed);
    const asked = [
      ...ask(seed, quick, { from: 0, count: 40, everyMs: budget * 0.7, takesMs: quickMs(budget) }),
      ...ask(seed, slow, { from: 0, count: 40, everyMs: budget * 0.7, takesMs: slowMs(budget) }),
      ...ask(seed, other, { from: budget * 5, count: 30, everyMs: budget * 0.7, takesMs: slowMs(budget, 3) }),
    ];
    const { outcomes } = await play(policy, asked, run);
    const taught = outcomes.filter((outcome) => known(outcome, outcomes) >= TEACHES);
    mustKnow(taught, quick, policy, (outcome) => known(outcome, outcomes));
    mustLoseNone(outcomes);
  },
);

behaviour('unlearns', 'a route that has changed is known again by what it takes now', async (run) => {
  const { seed } = run;
  const policy = roomy(seed);
  const budget = policy.inlineBudgetMs;
  const [wasSlow, wasQuick] = routesOf(seed);
  const change = 42 * budget;
  const before = { from: 0, count: 45, everyMs: budget * 0.6 };
  const after = { from: change, count: 56, everyMs: budget * 0.6 };
  const asked = [
    ...ask(seed, wasSlow, { ...before, takesMs: slowMs(budget, 12) }),
    ...ask(seed, wasQuick, { ...before, takesMs: quickMs(budget) }),
    ...ask(seed, wasSlow, { ...after, takesMs: quickMs(budget) }),
    ...ask(seed, wasQuick, { ...after, takesMs: slowMs(budget, 12) }),
  ];
  const { outcomes } = await play(policy, asked, run);
  const teachers = (outcome: Outcome) => known(outcome, outcomes, change);
  const taught = outcomes.filter((outcome) => outcome.at >= change && teachers(outcome) >= TEACHES_ANEW);
  mustKnow(taught, wasSlow, policy, teachers);
  mustLoseNone(outcomes);
});

/** Of routes that are known: the quick one is answered inline, the callers of the others aren't made to wait. */
function mustKnow(
  taught: readonly Outcome[],
  quick: string,
  { inlineBudgetMs }: ExecutionPolicy,
  teachers: (outcome: Outcome) => number,
): void {
  const isQuick = ({ question }: Outcome) => question.route === quick;
  mustStayInline(taught.filter(isQuick), teachers, 'that took under 70 % of the budget');
  const slow = taught.filter((outcome) => !isQuick(outcome));
  const late = slow.filter((outcome) => outcome.reply?.status !== 202 || waited(outcome) > inlineBudgetMs / 10);
  must(
    late.length === 0,
    () =>
      `${late.length} of ${slow.length} callers waited ${longest(late)} to hear that it would take longer; at least ${Math.min(...late.map(teachers))} answers in a row of that route had taken over 150 % of the budget`,
  );
}

behaviour('busy', 'in a crowd nobody is turned away or forgotten, and who came first is served first', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const [slow] = routesOf(seed);
  const crowd = between(seed, 'crowd', 4, 7) * policy.concurrency;
  const first = 80 * budget;
  const later = first + 3 * budget;
  const takesMs = slowMs(budget, 4);
  const asked = [
    ...ask(seed, slow, { from: 0, count: 12, everyMs: 5 * budget, takesMs }),
    ...ask(seed, slow, { from: first, count: crowd, everyMs: 0, takesMs }),
    ...ask(seed, slow, { from: later, count: crowd, everyMs: 0, takesMs }),
  ];
  const { outcomes } = await play(policy, asked, run);
  const crowds = outcomes.slice(12);
  mustBeInTime(crowds, policy, ' in a crowd');
  mustLoseNone(outcomes);
  mustWorkOnce(outcomes);
  const begunAt = ({ begun: [at = Infinity] }: Outcome) => at;
  const firsts = crowds.filter(({ at }) => at < later);
  const lastOfFirsts = Math.max(...firsts.map(begunAt));
  const overtaking = crowds.filter((outcome) => outcome.at >= later && begunAt(outcome) < lastOfFirsts);
  must(
    overtaking.length === 0,
    () =>
      `${overtaking.length} of ${crowd} questions were begun before ones of the same route that had come ${seconds(later - first)} earlier`,
  );
});

behaviour('concurrency', 'never more is under way than the policy allows, and its slots are used', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const count = policy.concurrency * 3;
  const [quick, slow, mixed, failing] = routesOf(seed);
  const asked = [
    ...ask(seed, slow, { from: 0, count, everyMs: budget / 8, takesMs: slowMs(budget) }),
    ...ask(seed, quick, { from: 0, count, everyMs: budget / 4, takesMs: quickMs(budget) }),
    ...ask(seed, mixed, { from: 0, count, everyMs: budget / 2, takesMs: [1, budget * 4] }),
    ...ask(seed, failing, { from: budget, count, everyMs: budget / 2, takesMs: [1, budget * 3], status: 500 }),
    ...ask(seed, slow, { from: budget * 40, count, everyMs: 0, takesMs: slowMs(budget, 3) }),
  ];
  const { outcomes, most } = await play(policy, asked, run);
  must(most <= policy.concurrency, `${most} questions were under way at once; the policy allows ${policy.concurrency}`);
  must(
    most >= policy.concurrency - 1,
    `never more than ${most} of ${policy.concurrency} slots were in use, with ${outcomes.length} questions waiting`,
  );
  mustBeInTime(outcomes, policy, ' in a mixed crowd');
  mustLoseNone(outcomes);
  mustWorkOnce(outcomes);
});

behaviour('backlog', 'that a question had to wait its turn says nothing about its route', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const [quick] = routesOf(seed);
  const takesMs = quickMs(budget);
  const crowd = 16 * policy.concurrency;
  const after = 60 * budget;
  const asked = [
    ...ask(seed, quick, { from: 0, count: 14, everyMs: budget, takesMs }),
    ...ask(seed, quick, { from: 20 * budget, count: crowd, everyMs: 0, takesMs }),
    ...ask(seed, quick, { from: after, count: 8, everyMs: budget, takesMs }),
  ];
  const { outcomes } = await play(policy, asked, run);
  const calm = outcomes.filter((outcome) => outcome.at >= after && hadRoom(outcome, outcomes, policy));
  mustStayInline(calm, (outcome) => known(outcome, outcomes), `asked after a crowd of ${crowd} was through`);
  mustLoseNone(outcomes);
});

behaviour('failures', 'a failure reaches whoever waits for it, and nobody else', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const status = between(seed, 'status', 500, 504);
  const [quick, slow, unseen] = routesOf(seed);
  const count = policy.concurrency + 1;
  const every = 4 * budget;
  const at = (n: number) => n * 60 * budget;
  const asked = [
    ...ask(seed, quick, { from: at(0), count: 11, everyMs: budget, takesMs: quickMs(budget) }),
    ...ask(seed, slow, { from: at(0), count: 11, everyMs: every, takesMs: slowMs(budget, 3) }),
    ...ask(seed, quick, { from: at(1), count, everyMs: budget, takesMs: quickMs(budget), status }),
    ...ask(seed, slow, { from: at(2), count, everyMs: every, takesMs: slowMs(budget, 3), status }),
    ...ask(seed, unseen, { from: at(3), count, everyMs: every, takesMs: slowMs(budget, 3), status }),
    ...ask(seed, quick, { from: at(4), count: 5, everyMs: budget, takesMs: quickMs(budget) }),
    ...ask(seed, slow, { from: at(4), count: 5, everyMs: every, takesMs: slowMs(budget, 3) }),
  ];
  const { outcomes } = await play(policy, asked, run);
  const failing = (route: string) => outcomes.filter((one) => one.question.route === route && one.status !== undefined);
  const garbled = failing(quick).filter(({ failure }) => failure?.status !== status).length;
  must(
    garbled === 0,
    `${garbled} of ${count} callers on a quick route were not told of the ${status} that ended their question inline`,
  );
  for (const route of [slow, unseen]) {
    const jobs = failing(route);
    const silent = jobs.filter(({ job }) => job?.state !== 'failed' || !job.reason);
    must(
      silent.length === 0,
      () =>
        `${silent.length} of ${count} questions that ended in ${status} after their receipt read ${kinds(silent.map(({ job }) => job?.state))}; they failed, and for a reason`,
    );
  }
  const after = outcomes.filter((one) => one.at >= at(4));
  const lost = after.filter((one) => !inline(one) && one.job?.state !== 'done').length;
  must(lost === 0, `${lost} of ${after.length} questions asked after ${3 * count} failures were never answered`);
});

behaviour('announced', 'each receipt is announced once, and so is the end of its job', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const [slow, failing] = routesOf(seed);
  const takesMs = slowMs(budget, 4);
  const asked = [
    ...ask(seed, slow, { from: 0, count: 14, everyMs: budget / 2, takesMs }),
    ...ask(seed, failing, { from: 0, count: 14, everyMs: budget / 2, takesMs, status: 503 }),
  ];
  const { outcomes, events } = await play(policy, asked, run);
  for (const { question, reply, repliedAt = 0, endedAt = 0, status } of outcomes) {
    const jobId = reply?.status === 202 ? reply.jobId : undefined;
    const mine = events.filter(({ data }) => data.questionId === question.id);
    const expected = `QuestionAccepted, ${status === undefined ? 'JobFinished' : 'JobFailed'}`;
    const announced = mine.map(({ type }) => type).join(', ');
    must(
      announced === expected,
      `of ${question.id} was announced: ${announced || 'nothing'}; what happened: ${expected}`,
    );
    must(
      mine.every(({ data }) => data.jobId === jobId),
      `what was announced of ${question.id} names another job than its receipt`,
    );
    const [receipt, end] = mine;
    must(
      receipt !== undefined &&
        end !== undefined &&
        receipt.at <= repliedAt &&
        end.at >= endedAt &&
        end.at <= endedAt + 25,
      () => `the end of ${question.id} was announced at ${seconds(end?.at ?? 0)}; it came at ${seconds(endedAt)}`,
    );
  }
});

tradeOff('a kept answer, ready in 40 ms, costs its caller one round trip, also beside slow work', async (run) => {
  const { seed } = run;
  const policy = narrow(seed);
  const budget = policy.inlineBudgetMs;
  const [kept, slow] = routesOf(seed);
  const long: [number, number] = [60 * budget, 80 * budget];
  const asked = [
    ...ask(seed, slow, { from: 0, count: policy.concurrency - 1, everyMs: budget / 4, takesMs: long }),
    ...ask(seed, kept, { from: 2 * budget, count: 40, everyMs: budget, takesMs: [40, 40] }),
  ];
  const { outcomes } = await play(policy, asked, run);
  const [others, cached] = [outcomes.slice(0, policy.concurrency - 1), outcomes.slice(policy.concurrency - 1)];
  mustStayInline(cached.slice(TEACHES + 2), (outcome) => known(outcome, outcomes), 'whose answer was ready in 40 ms');
  mustBeInTime(others, policy, ' beside them, whose question was slow,');
  mustLoseNone(outcomes);
});
