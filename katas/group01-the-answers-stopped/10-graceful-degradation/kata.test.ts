import type { Ask, ProviderFailure, Question } from '#answerdesk/domain.ts';
import type { CreateLadder, LadderAnswer, LadderEvent, Rung, RungAnswer } from '#answerdesk/seams/degradation.ts';
import { type Arrival, type AskingScene, type Outcome, playQuestions } from '#answerdesk/simulation/asking.ts';
import { providerFailure } from '#answerdesk/simulation/provider-port.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { faultEnds, morning, RECORDED_SEED, recordedMorning } from '../incident/script.ts';
import * as kata from './kata.ts';

const createLadder: CreateLadder = kata.createLadder;

type Name = Rung['name'];
type Step = Omit<Rung, 'answer'>;
type Failure = Pick<ProviderFailure, 'status' | 'code'> & { name?: string };

/** What one rung does with one question. Deaf: takes no notice of its signal. */
interface Act {
  how: 'answers' | 'has nothing' | 'fails' | 'hangs';
  afterMs: number;
  deaf?: boolean;
  failure?: Failure;
}
type Script = (rung: Name, question: Question) => Act;

/** One rung being asked one question. Times in ms since the scene began. */
interface Visit {
  rung: Name;
  question: Question;
  at: number;
  /** When its budget is spent. */
  due: number;
  /** When it answered, had nothing, failed or stopped. */
  endedAt: number;
  /** When it was told to stop, if that was before it had ended. */
  stoppedAt: number;
  said?: RungAnswer;
}
interface Asked extends Outcome<LadderAnswer> {
  visits: Visit[];
  events: LadderEvent[];
}

const MARGIN_MS = 50;

async function watch(
  steps: readonly Step[],
  scene: AskingScene,
  { clock }: Run,
  way: (step: Step, ask: Ask) => Rung['answer'],
  signalOf: (question: Question) => AbortSignal | undefined = () => undefined,
): Promise<Asked[]> {
  const visits: Visit[] = [];
  const events: LadderEvent[] = [];
  const start = clock.now();
  const now = () => clock.now() - start;
  const { outcomes } = await playQuestions(scene, clock, (ask) => {
    const rungs = steps.map((step) => ({ ...step, answer: watched(step, way(step, ask), visits, now) }));
    const ladder = createLadder({ emit: (event) => events.push(structuredClone(event)) }, rungs);
    return (question) => ladder(question, signalOf(question));
  });
  return outcomes.map((outcome) => ({
    ...outcome,
    visits: visits.filter(({ question }) => question.id === outcome.question.id),
    events: events.filter(({ data }) => data.questionId === outcome.question.id),
  }));
}

function watched(step: Step, answer: Rung['answer'], visits: Visit[], now: () => number): Rung['answer'] {
  return async (question, signal) => {
    const at = now();
    const due = at + step.budgetMs;
    const visit: Visit = {
      rung: step.name,
      question: { ...question },
      at,
      due,
      endedAt: Infinity,
      stoppedAt: Infinity,
    };
    visits.push(visit);
    signal.addEventListener('abort', () => {
      if (visit.endedAt === Infinity) visit.stoppedAt = now();
    });
    try {
      const said = await answer(question, signal);
      if (said) visit.said = { ...said };
      return said;
    } finally {
      visit.endedAt = now();
    }
  };
}

/** What each rung says names the rung, the tenant and the question; two of them speak of the past. */
const saying = (seed: number, name: Name, { tenant, id }: Question): RungAnswer => ({
  text: `${name}, for ${tenant}: ${id}`,
  ...((name === 'cached' || name === 'excerpts') && {
    asOf: Date.UTC(2026, 2, 1) + between(seed, `as of ${id}`, 0, 2 * 86_400_000),
  }),
});

const acting =
  (seed: number, script: Script) =>
  ({ name }: Step): Rung['answer'] =>
  (question, signal) =>
    new Promise((resolve, reject) => {
      const { how, afterMs, deaf, failure = { status: 503 } } = script(name, question);
      const end = () => {
        if (how === 'fails') reject(providerFailure(failure));
        else resolve(how === 'answers' ? saying(seed, name, question) : null);
      };
      const timer = how === 'hangs' ? undefined : setTimeout(end, afterMs);
      signal.addEventListener('abort', () => {
        if (deaf) return;
        clearTimeout(timer);
        reject(signal.reason);
      });
    });

/** A ladder of four or five rungs, the middle ones in any order, each with a budget of its own. */
function ladderOf(seed: number): Step[] {
  const middle = shuffled<Name>(seed, 'order', ['cached', 'smaller-model', 'excerpts']);
  const names: Name[] = ['fresh', ...middle.slice(0, between(seed, 'rungs', 2, 3)), 'apology'];
  const budgets = shuffled(seed, 'budgets', [0, 1, 2, 3, 4]);
  return names.map((name, n) => ({
    name,
    budgetMs: 400 + 600 * (budgets[n] ?? 0) + between(seed, `budget ${name}`, 0, 300),
    mayBeWrong: n > 0 && name !== 'apology' && (n === 1 || roll(seed, `wrong ${name}`) < 0.5),
  }));
}
const allBudgets = (steps: readonly Step[]) => steps.reduce((sum, { budgetMs }) => sum + budgetMs, 0);

function questions(seed: number, count: number, from = 0, over: Partial<Question> = {}): Arrival[] {
  return Array.from({ length: count }, (_, n) => {
    const id = `q-${from / 1000}-${n + 1}`;
    const tenant = pick(seed, `tenant ${id}`, ['acme', 'globex', 'initech']);
    const question = { id, tenant, model: 'sol-large', text: 'What does the plan cost?', ...over };
    return { at: from + n * 400 + between(seed, id, 0, 300), question };
  });
}

const play = (
  steps: readonly Step[],
  arrivals: Arrival[],
  script: Script,
  run: Run,
  signalOf?: (question: Question) => AbortSignal | undefined,
) => {
  const until = Math.max(...arrivals.map(({ at }) => at)) + 2 * allBudgets(steps);
  return watch(steps, { seed: run.seed, arrivals, faults: [], until }, run, acting(run.seed, script), signalOf);
};

/**
 * Each rung in turn is the first that answers, and at last none; those above it end in every way there is. Some ladders
 * have no `fresh`, and every other asker could leave and doesn't.
 */
async function playEveryWay(run: Run): Promise<{ steps: Step[]; all: Asked[] }> {
  const { seed } = run;
  const steps = roll(seed, 'without fresh') < 0.4 ? ladderOf(seed).slice(1) : ladderOf(seed);
  const arrivals = questions(seed, 4 * (steps.length + 1));
  const stays = new AbortController().signal;
  const signalOf = ({ id }: Question) => (roll(seed, `signal ${id}`) < 0.5 ? stays : undefined);
  const script: Script = (name, { id }) => {
    const n = arrivals.findIndex(({ question }) => question.id === id);
    const height = steps.findIndex((step) => step.name === name);
    const budgetMs = steps[height]?.budgetMs ?? 0;
    const part = (low: number, high: number) =>
      Math.round((budgetMs * between(seed, `${id} ${name}`, low, high)) / 100);
    const answering = n % (steps.length + 1);
    if (height > answering) return { how: 'answers', afterMs: 20 };
    if (height === answering) return { how: 'answers', afterMs: part(40, 90), deaf: true };
    const late = pick(seed, `late ${id} ${name}`, ['answers', 'fails', 'answers']);
    const failure = pick<Failure>(seed, `failure ${id} ${name}`, [
      { status: 503 },
      { status: 429 },
      { status: 401 },
      { code: 'ECONNRESET' },
      // A rung's own limit, not the asker's leaving.
      { name: 'AbortError', code: 'ABORT_ERR' },
    ]);
    const ways: Act[] = [
      { how: 'fails', afterMs: part(1, 60), failure },
      { how: 'has nothing', afterMs: part(1, 60) },
      { how: 'hangs', afterMs: Infinity },
      { how: late as Act['how'], afterMs: part(115, 160), deaf: true },
    ];
    return ways[(Math.floor(n / (steps.length + 1)) + height) % 4] as Act;
  };
  return { steps, all: await play(steps, arrivals, script, run, signalOf) };
}

const waited = ({ at, endedAt = Infinity }: Asked) => endedAt - at;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const ended = (ms: number) => (ms < Infinity ? `ended after ${seconds(ms)}` : 'never ended');
const told = (ms: number) => (ms < Infinity ? `told to stop after ${seconds(ms)}` : 'never told to stop');
const leftAt = ({ endedAt, due }: Visit) => Math.min(endedAt, due);
const saidBy = ({ reply, visits }: Asked) => visits.find(({ said }) => reply && said?.text === reply.text);
const flag = ({ question }: Asked) => `${question.id} of ${question.tenant}`;
const age = (said: RungAnswer, run: Run, at: number) =>
  said.asOf === undefined ? 0 : Date.now() - run.clock.now() + at - said.asOf;

incident(
  'in the brown-out everybody gets the best answer there is, which says what it is, and fresh ones return by themselves',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url))),
    fresh: morning,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const steps: Step[] = [
      { name: 'fresh', budgetMs: 12_000, mayBeWrong: false },
      { name: 'cached', budgetMs: 100, mayBeWrong: true },
      { name: 'smaller-model', budgetMs: 5_000, mayBeWrong: true },
      { name: 'excerpts', budgetMs: 100, mayBeWrong: false },
      { name: 'apology', budgetMs: 100, mayBeWrong: false },
    ];
    const all = await watch(steps, scene, run, inProduction(scene.seed));
    const began = Math.min(...scene.faults.map(({ from }) => from));
    const during = all.filter(({ at }) => at >= began && at < faultEnds(scene));
    const failed = during.filter(({ reply, endedAt }) => endedAt !== undefined && !reply);
    const slow = during.filter((one) => !failed.includes(one) && waited(one) > allBudgets(steps) + MARGIN_MS);
    const longest = () => Math.max(0, ...slow.map((one) => Math.min(waited(one), scene.until - one.at)));
    must(
      failed.length + slow.length === 0,
      () =>
        `of ${during.length} questions in the brown-out ${failed.length} got an error, and ${slow.length} waited more than the ${seconds(allBudgets(steps))} that all rungs may take together (up to ${seconds(longest())})`,
      (failed[0] ?? slow[0])?.event,
    );
    const foreign = all.find((one) => one.reply && !saidBy(one));
    must(!foreign, () => `${foreign && flag(foreign)} got what no rung had said to it`, foreign?.event);
    const doubtful = new Set<Name>(steps.filter(({ mayBeWrong }) => mayBeWrong).map(({ name }) => name));
    const wrong = all.filter((one) => one.question.mustBeFresh && doubtful.has(saidBy(one)?.rung ?? 'fresh'));
    must(
      wrong.length === 0,
      () => `${wrong.length} questions that must be fresh got an answer that may be wrong (${wrong[0]?.reply?.text})`,
      wrong[0]?.event,
    );
    const posing = all.filter((one) => one.reply && one.reply.degraded !== (saidBy(one)?.rung !== 'fresh'));
    must(
      posing.length === 0,
      () => `${posing.length} answers did not say rightly whether they were degraded`,
      posing[0]?.event,
    );
    const well = all.filter(({ at, endedAt = 0 }) => at >= faultEnds(scene) || endedAt < began);
    const stale = well.filter((one) => saidBy(one)?.rung !== 'fresh');
    must(
      stale.length === 0,
      () => `${stale.length} of ${well.length} questions got no fresh answer although sol-large was well`,
      stale[0]?.event,
    );
  },
);

/** The rungs of that morning: the cache holds what a tenant was told before; two questions in three find a document. */
function inProduction(seed: number) {
  const cache = new Map<string, RungAnswer>();
  const known = ({ tenant, text }: Question) => `${tenant} ${text}`;
  return ({ name }: Step, ask: Ask): Rung['answer'] =>
    async (question, signal) => {
      if (name === 'cached') return cache.get(known(question)) ?? null;
      if (name === 'smaller-model' && question.model === 'sol-small') return null;
      if (name === 'excerpts' && roll(seed, `document ${question.id}`) > 0.67) return null;
      if (name === 'fresh') await ask(question, { signal });
      if (name === 'smaller-model') await ask({ ...question, model: 'sol-small' }, { signal });
      const { text } = saying(seed, name, question);
      if (name === 'fresh') cache.set(known(question), { text, asOf: Date.now() });
      return { text };
    };
}

behaviour(
  'order',
  'the rungs are asked in their order, one at a time, until one answers, and none below that one',
  async (run) => {
    const { steps, all } = await playEveryWay(run);
    const ladder = steps.map(({ name }) => name);
    for (const one of all) {
      const asked = one.visits.map(({ rung }) => rung);
      must(asked.length > 0, () => `${flag(one)} was sent to no rung`);
      must(
        asked.every((name, n) => name === ladder[n]),
        () => `${flag(one)} was sent to ${asked.join(', ')}; the ladder is ${ladder.join(', ')}`,
      );
      one.visits.forEach((visit, n) => {
        const next = one.visits[n + 1];
        if (!next) return;
        must(
          next.at >= leftAt(visit),
          () =>
            `${flag(one)}: ${next.rung} was asked ${seconds(leftAt(visit) - next.at)} before ${visit.rung} had failed, had nothing or had spent its ${seconds(visit.due - visit.at)}`,
        );
        must(
          !visit.said || visit.endedAt > visit.due,
          () => `${flag(one)}: ${visit.rung} had answered in time, and ${next.rung} was asked all the same`,
        );
      });
      must(
        one.reply !== undefined || asked.length === ladder.length,
        () => `${flag(one)} got no answer; ${ladder.slice(asked.length).join(', ')} had not been asked`,
      );
    }
  },
);

behaviour(
  'budget',
  'a rung has its own budget, all of it and no more, and is told to stop when it is spent',
  async (run) => {
    const { all } = await playEveryWay(run);
    for (const one of all) {
      must(one.visits.length > 0, () => `${flag(one)} was sent to no rung`);
      one.visits.forEach((visit, n) => {
        const { rung, at, due, endedAt, stoppedAt } = visit;
        const budget = seconds(due - at);
        must(
          stoppedAt >= due,
          () => `${flag(one)}: ${rung} was told to stop after ${seconds(stoppedAt - at)}; it has ${budget}`,
        );
        must(
          endedAt < due || stoppedAt <= due + MARGIN_MS,
          () => `${flag(one)}: ${rung} has ${budget} and was ${told(stoppedAt - at)}`,
        );
        const wentOn = one.visits[n + 1]?.at ?? one.endedAt ?? Infinity;
        must(
          wentOn <= leftAt(visit) + MARGIN_MS,
          () =>
            `${flag(one)}: ${rung} has ${budget} and ${ended(endedAt - at)}; the question ${wentOn < Infinity ? `was kept there ${seconds(wentOn - at)}` : 'was kept there for good'}`,
        );
      });
      const by = saidBy(one);
      must(
        !by || by.endedAt <= by.due,
        () => `${flag(one)} got what ${by?.rung} said ${seconds((by?.endedAt ?? 0) - (by?.due ?? 0))} too late`,
      );
    }
  },
);

behaviour('honest', 'an answer says which rung gave it, whether it is degraded, and how old it is', async (run) => {
  const { steps, all } = await playEveryWay(run);
  must(
    all.some((one) => one.reply && saidBy(one)?.rung !== steps[0]?.name),
    'nobody got an answer but from the first rung',
  );
  for (const one of all) {
    const { reply, endedAt = 0 } = one;
    if (!reply) continue;
    const by = saidBy(one);
    must(by?.said !== undefined, () => `${flag(one)} got what no rung had said to it: "${reply.text}"`);
    must(reply.questionId === one.question.id, () => `${flag(one)} got the answer to ${reply.questionId}`);
    must(reply.rung === by.rung, () => `${flag(one)}: the answer came from ${by.rung} and says ${reply.rung}`);
    must(
      reply.degraded === (by.rung !== steps[0]?.name),
      () => `${flag(one)}: an answer from ${by.rung} says degraded: ${reply.degraded}`,
    );
    const ageMs = age(by.said, run, endedAt);
    must(
      Math.abs(reply.ageMs - ageMs) <= MARGIN_MS,
      () =>
        `${flag(one)}: what ${by.rung} said was ${ageMs} ms old when it was given, and the answer says ${reply.ageMs}`,
    );
  }
});

behaviour('announced', 'each degraded answer is announced once, with its figures, and no other', async (run) => {
  const { steps, all } = await playEveryWay(run);
  const degraded = all.filter((one) => one.reply && saidBy(one)?.rung !== steps[0]?.name);
  must(degraded.length > 0, 'nobody got a degraded answer');
  for (const one of all) {
    const due = degraded.includes(one) ? 1 : 0;
    const from = one.reply ? `an answer from ${saidBy(one)?.rung ?? 'nowhere'}` : 'no answer';
    must(
      one.events.length === due,
      () => `${flag(one)} got ${from}, and AnswerDegraded was emitted ${one.events.length} times`,
    );
    const [event] = one.events;
    if (!event || !one.reply) continue;
    const { tenant, rung, ageMs } = event.data;
    must(event.type === 'AnswerDegraded', () => `${flag(one)} got ${from}, and ${event.type} was emitted`);
    must(
      tenant === one.question.tenant && rung === one.reply.rung && Math.abs(ageMs - one.reply.ageMs) <= MARGIN_MS,
      () =>
        `${flag(one)} got ${from}, ${one.reply?.ageMs} ms old; the event says ${rung}, ${ageMs} ms, tenant ${tenant}`,
    );
  }
});

behaviour('own-tenant', 'nobody gets what was said to another tenant, or to another question', async (run) => {
  const { seed } = run;
  const steps = ladderOf(seed);
  const failsAt = 6_000;
  // All ask the same, all at once, while fresh answers and when it no longer does.
  const arrivals = [0, 4_000, 8_000, 12_000].flatMap((from) =>
    questions(seed, 6, from, { model: pick(seed, `model ${from}`, ['sol-large', 'sol-small']) }).map((arrival) => ({
      ...arrival,
      at: from,
    })),
  );
  const has = ({ id, tenant }: Question, name: Name) =>
    name === 'apology' || roll(seed, `${tenant} ${id} ${name}`) < 0.4;
  const script: Script = (name, question) => {
    const late = Number(question.id.split('-')[1]) * 1000 > failsAt;
    if (name === 'fresh') return { how: late ? 'fails' : 'answers', afterMs: 200 };
    return { how: has(question, name) ? 'answers' : 'has nothing', afterMs: 20 };
  };
  const all = await play(steps, arrivals, script, run);
  const lost = all.filter(({ at, reply }) => at < failsAt && !reply);
  must(lost.length === 0, () => `${lost.length} questions got nothing while fresh was well`);
  for (const one of all) {
    const { tenant, text, id, model } = one.question;
    must(!one.reply || one.reply.text.endsWith(`for ${tenant}: ${id}`), () => `${flag(one)} got "${one.reply?.text}"`);
    const other = one.visits.find(({ question: q }) => q.tenant !== tenant || q.text !== text || q.model !== model);
    must(
      !other,
      () =>
        `${flag(one)}: ${other?.rung} was asked for ${other?.question.tenant}, ${other?.question.model}: "${other?.question.text}"`,
    );
  }
});

behaviour('climbs-back', 'each question starts at the top, whatever the ones before it met', async (run) => {
  const { seed } = run;
  const steps = ladderOf(seed);
  const outage = between(seed, 'outage', 8, 20) * 1000;
  const silent = roll(seed, 'silent') < 0.5;
  const arrivals = [...questions(seed, 16), ...questions(seed, 12, outage)];
  const alone = arrivals[20]?.question.id;
  const wellFrom = Math.min(...arrivals.slice(16).map(({ at }) => at));
  const script: Script = (name, { id }) => {
    const late = arrivals.findIndex(({ question }) => question.id === id) >= 16;
    if (name === 'fresh' && !late) return { how: silent ? 'hangs' : 'fails', afterMs: 50 };
    return { how: name === 'fresh' && id === alone ? 'fails' : 'answers', afterMs: 50 };
  };
  const all = await play(steps, arrivals, script, run);
  const back = all.filter(({ at, question }) => at >= wellFrom && question.id !== alone);
  const stale = back.filter((one) => saidBy(one)?.rung !== 'fresh');
  must(
    stale.length === 0,
    () =>
      `${stale.length} of ${back.length} questions got no fresh answer, the first ${seconds((stale[0]?.at ?? 0) - wellFrom)} after fresh was well again`,
  );
});

behaviour(
  'nothing-left',
  'when no rung answers, the asker is told, and the first failure is the cause',
  async (run) => {
    const { seed } = run;
    const steps = ladderOf(seed);
    const arrivals = questions(seed, 6);
    const place = (id: string) => arrivals.findIndex(({ question }) => question.id === id) % 3;
    const statusOf = (id: string) => pick(seed, `status ${id}`, [429, 500, 502, 503]);
    // Of three, the first fails on fresh, fresh has nothing for the second and the next fails, the third hangs on fresh.
    const script: Script = (name, { id }) => {
      const failure = { status: statusOf(id) };
      if (name === 'fresh')
        return { how: (['fails', 'has nothing', 'hangs'] as const)[place(id)] ?? 'fails', afterMs: 100, failure };
      if (name === steps[1]?.name && place(id) === 1) return { how: 'fails', afterMs: 50, failure };
      const how = pick<Act['how']>(seed, `${id} ${name}`, ['fails', 'has nothing']);
      return { how, afterMs: 20, failure: { code: 'ECONNREFUSED' } };
    };
    for (const one of await play(steps, arrivals, script, run)) {
      const { id } = one.question;
      must(one.endedAt !== undefined, () => `${flag(one)} was still waiting when all budgets were spent`);
      must(
        !one.reply,
        () => `${flag(one)}: no rung had answered, and it got "${one.reply?.text}" from ${one.reply?.rung}`,
      );
      must(one.events.length === 0, () => `${flag(one)} got no answer, and a degraded one was announced`);
      const cause = one.failure?.cause as ProviderFailure | undefined;
      const hung = place(id) === 2;
      must(
        hung ? cause instanceof Object && cause.code !== 'ECONNREFUSED' : cause?.status === statusOf(id),
        () =>
          `${flag(one)}: first ${hung ? 'fresh had spent its budget' : `${steps[place(id)]?.name} had failed with ${statusOf(id)}`}; the error's cause says ${cause?.status ?? cause?.code ?? cause?.message ?? 'nothing'}`,
      );
    }
  },
);

behaviour('caller-gives-up', 'when the asker has gone, its rung is told to stop and no other is asked', async (run) => {
  const { seed } = run;
  const steps = ladderOf(seed);
  const arrivals = questions(seed, 9).map((arrival, n) => ({ ...arrival, at: n * 1_000 }));
  const place = (id: string) => arrivals.findIndex(({ question }) => question.id === id) % 3;
  const leaves = (id: string) =>
    Math.round((steps[place(id)]?.budgetMs ?? 0) * (0.2 + 0.6 * roll(seed, `leaves ${id}`)));
  // The first of three leaves while fresh hangs, the second during the next rung, the third before it asked.
  const script: Script = (name, { id }) => {
    const height = steps.findIndex((step) => step.name === name);
    if (height === place(id)) return { how: 'hangs', afterMs: Infinity, deaf: roll(seed, `deaf ${id}`) < 0.5 };
    return { how: height < place(id) ? 'fails' : 'answers', afterMs: 0 };
  };
  const signalOf = ({ id }: Question) => {
    const asker = new AbortController();
    if (place(id) === 2) asker.abort(new Error('the asker has gone'));
    else setTimeout(() => asker.abort(new Error('the asker has gone')), leaves(id));
    return asker.signal;
  };
  for (const one of await play(steps, arrivals, script, run, signalOf)) {
    const { id } = one.question;
    const gone = one.at + (place(id) === 2 ? 0 : leaves(id));
    const asked = one.visits.find(({ at }) => at >= gone);
    must(!asked, () => `${flag(one)} had gone, and ${asked?.rung} was asked ${seconds((asked?.at ?? 0) - gone)} later`);
    const current = one.visits.find(({ endedAt }) => endedAt >= gone);
    must(
      !current || current.stoppedAt <= gone + MARGIN_MS,
      () => `${flag(one)} had gone, and ${current?.rung} was ${told((current?.stoppedAt ?? 0) - gone)}`,
    );
    must(
      !one.reply && one.events.length === 0,
      () => `${flag(one)} had gone, and an answer was ${one.reply ? `given (${one.reply.text})` : 'announced'}`,
    );
    const { endedAt = Infinity } = one;
    must(
      endedAt <= (current?.due ?? gone) + MARGIN_MS,
      () => `${flag(one)} had gone, and its call ${ended(endedAt - gone)}`,
    );
  }
});

tradeOff('a question that must be fresh is not sent to a rung that may be wrong, and others are', async (run) => {
  const { seed } = run;
  const steps = roll(seed, 'without fresh') < 0.4 ? ladderOf(seed).slice(1) : ladderOf(seed);
  const doubtful = steps.filter(({ mayBeWrong }) => mayBeWrong).map(({ name }) => name);
  const second = steps.find(({ name }) => name !== 'fresh')?.name;
  const sound = steps.find(({ name, mayBeWrong }) => name !== 'fresh' && !mayBeWrong)?.name;
  const arrivals = [...questions(seed, 8, 0, { mustBeFresh: true }), ...questions(seed, 8, 1_000)];
  const script: Script = (name) =>
    name === 'fresh'
      ? { how: roll(seed, 'silent') < 0.5 ? 'hangs' : 'fails', afterMs: 50 }
      : { how: 'answers', afterMs: 20 };
  const all = await play(steps, arrivals, script, run);

  const strict = all.filter(({ question }) => question.mustBeFresh);
  const stale = strict.filter((one) => doubtful.includes(saidBy(one)?.rung ?? 'fresh'));
  must(
    stale.length === 0,
    () =>
      `${stale.length} of ${strict.length} questions that must be fresh were answered from ${saidBy(stale[0] as Asked)?.rung}, which may be wrong`,
  );
  const sent = strict.flatMap(({ visits }) => visits).find(({ rung }) => doubtful.includes(rung));
  must(!sent, () => `${sent?.question.id} must be fresh and was sent to ${sent?.rung}, which may be wrong`);
  const lost = strict.filter((one) => saidBy(one)?.rung !== sound);
  must(
    lost.length === 0,
    () =>
      `${lost.length} of ${strict.length} questions that must be fresh got ${saidBy(lost[0] as Asked)?.rung ?? 'no answer of a rung'}; the best rung that is not wrong was ${sound}`,
  );
  const posing = strict.find((one) => !one.reply?.degraded);
  must(
    !posing,
    () =>
      `${posing && flag(posing)} got ${sound}, not ${steps[0]?.name}, the first rung, and was not told that it is degraded`,
  );
  const others = all.filter(({ question }) => !question.mustBeFresh);
  const deprived = others.filter((one) => saidBy(one)?.rung !== second);
  must(
    deprived.length === 0,
    () =>
      `${deprived.length} of ${others.length} questions that need not be fresh got ${saidBy(deprived[0] as Asked)?.rung ?? 'no answer of a rung'}; ${second} was at hand`,
  );
});
