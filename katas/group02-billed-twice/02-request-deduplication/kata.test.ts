import { getEventListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { AskedQuestion, CreateDeduplication, DeduplicationPolicy } from '#answerdesk/seams/deduplication.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import {
  type Asking,
  type Call,
  type Delivery,
  deduplicationDesk,
  type Handling,
  type Plan,
} from '#answerdesk/simulation/deduplicating.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { answerTo, identityOf, kindOf, playRush, recordedRush, rush } from '../incident/request-deduplication.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createDeduplication: CreateDeduplication = kata.createDeduplication;

const inProduction: DeduplicationPolicy = { windowMs: 600_000, capacity: 10_000 };
const policyOf = (seed: number): DeduplicationPolicy => ({
  windowMs: between(seed, 'window', 20, 90) * 1_000,
  capacity: between(seed, 'capacity', 30, 60),
});
/** What the README calls "at once". */
const AT_ONCE_MS = 10;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** An answer says from which call it is. */
const textOf = ({ question, n }: Pick<Call, 'question' | 'n'>) => `${answerTo(question)}, generation ${n}`;
const desk = (run: Run, planOf: (question: AskedQuestion, n: number) => Plan) =>
  deduplicationDesk(createDeduplication, policyOf(run.seed), identityOf, textOf, run, planOf);

const TEXTS = ['Where is my refund?', 'When is my invoice due?', 'Can I pay by card?'] as const;
/** Questions that must have the same answer, spelt in several ways. */
const questions = (seed: number, count: number, over: Partial<AskedQuestion> = {}): AskedQuestion[] =>
  Array.from({ length: count }, (_, n) => {
    const text = pick(seed, 'text', TEXTS);
    const spelt = roll(seed, `spelt ${n}`) < 0.3 ? ` ${text.toUpperCase()}` : text;
    return { id: `q-${n + 1}`, tenant: 'acme', model: 'sol-large', text: spelt, ...over };
  });
const overlapping = (calls: readonly Pick<Call, 'question' | 'at' | 'endedAt'>[]) =>
  calls.filter((call, n) =>
    calls.slice(0, n).some((before) => before.endedAt > call.at && kindOf(before.question) === kindOf(call.question)),
  );
const twiceAtOnce = (handlings: readonly Handling[]) =>
  handlings.filter((one, n) =>
    handlings.slice(0, n).some((before) => before.messageId === one.messageId && before.endedAt > one.at),
  );

incident(
  'the same question is generated once at a time, and a message of the queue is answered once',
  {
    recorded: () => recordedRush(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: rush,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { submitted, calls } = await playRush(scene, run, createDeduplication, inProduction);
    const eventOf = (id = '') => submitted.find(({ question }) => question.id === id)?.event;
    const billed = calls.map(({ endedAt = Infinity, ...call }) => ({ ...call, endedAt }));
    const extra = overlapping(billed);
    must(
      extra.length === 0,
      () =>
        `${extra.length} of ${calls.length} generations were begun, and billed, while the same question was being answered for the same readers of the same tenant (first: ${extra[0]?.question.id})`,
      eventOf(extra[0]?.question.id),
    );
    for (const { question, answers, event } of submitted) {
      const wrong = answers.find(({ text, questionId }) => text !== answerTo(question) || questionId !== question.id);
      must(
        !wrong,
        `${question.id} was given "${wrong?.text}", as the answer to ${wrong?.questionId}; it should be "${answerTo(question)}"`,
        event,
      );
    }
    const mails = submitted.filter(({ messageId }) => messageId !== undefined);
    const twice = mails.filter(({ answers }) => answers.length > 1);
    must(
      twice.length === 0,
      () => `${twice.length} of ${mails.length} mails were answered more than once (first: ${twice[0]?.messageId})`,
      twice[0]?.event,
    );
    const lost = mails.filter(({ answers }) => answers.length === 0);
    must(lost.length === 0, () => `${lost[0]?.messageId} was acknowledged and never answered`, lost[0]?.event);
  },
  { startAt: BEGINS },
);

behaviour(
  'shares',
  'a question joins the call for it that is under way, or begins one; others have their own',
  async (run) => {
    const { seed, clock } = run;
    const { ask, calls } = desk(run, ({ id }) => ({ ms: between(seed, `ms ${id}`, 300, 2_500) }));
    const askings: Asking[] = [];
    const arrivals = Array.from({ length: 70 }, (_, n) => {
      const one = `asker ${n}`;
      const at = between(seed, `${one} at`, 0, 9_000);
      const tenant = pick(seed, `${one} tenant`, ['acme', 'globex']);
      const model = roll(seed, `${one} model`) < 0.8 ? 'sol-large' : 'sol-small';
      const text = pick(seed, `${one} text`, TEXTS);
      return { at, question: { id: `q-${n + 1}`, tenant, model, text } };
    });
    arriveInTurn(arrivals, ({ question }) => void askings.push(ask(question)));
    await clock.advance(13_000);
    const extra = overlapping(calls);
    must(
      extra.length === 0,
      () => `${extra.length} of ${calls.length} calls were begun while one for the same question was under way`,
    );
    for (const { question, at, endedAt, answer } of askings) {
      const call = calls.find((one) => answer?.text === textOf(one));
      must(call !== undefined, `${question.id} was given ${JSON.stringify(answer)}`);
      must(
        kindOf(call.question) === kindOf(question),
        () =>
          `${question.id} of ${question.tenant}, "${question.text}" to ${question.model}, was given an answer to "${call.question.text}" by ${call.question.model} for ${call.question.tenant}`,
      );
      must(
        call.endedAt >= at,
        () => `${question.id} was given an answer from a call that had ended ${seconds(at - call.endedAt)} before`,
      );
      must(
        (endedAt ?? Infinity) - call.endedAt <= AT_ONCE_MS,
        () => `${question.id} had its answer ${(endedAt ?? Infinity) - call.endedAt} ms after the call ended`,
      );
    }
    const changed = calls.find(
      ({ question }) => !arrivals.some((arrival) => isDeepStrictEqual(arrival.question, question)),
    );
    must(!changed, () => `the provider was asked ${JSON.stringify(changed?.question)}, which nobody had asked`);
  },
);

behaviour('own-copy', 'each asker has an answer of its own, to its own question', async (run) => {
  const { ask, calls } = desk(run, () => ({ ms: 800 }));
  const group = questions(run.seed, between(run.seed, 'askers', 2, 12));
  const askings: Asking[] = [];
  for (const question of group) {
    askings.push(ask(question));
    await run.clock.advance(between(run.seed, `gap ${question.id}`, 0, 20));
  }
  await run.clock.advance(1_000);
  must(calls.length === 1, `${group.length} askers of one question made ${calls.length} calls`);
  for (const { question, answer } of askings) {
    must(
      answer?.questionId === question.id,
      `the asker of ${question.id} was given the answer to ${answer?.questionId}`,
    );
    must(
      calls.some((call) => answer?.text === textOf(call)),
      `another asker changed the answer in its hands, and ${question.id} reads "${answer?.text}"`,
    );
    answer.text = `${answer.text}, shown to ${question.id}`;
  }
});

behaviour(
  'not-remembered',
  'a failure reaches all who wait for it, and the next to ask begins anew; so it is after an answer',
  async (run) => {
    const { seed, clock } = run;
    const status = pick(seed, 'status', [429, 500, 503]);
    const failsAfter = between(seed, 'fails after', 100, 900);
    const { ask, calls } = desk(run, (_, n) => (n === 1 ? { ms: failsAfter, status } : { ms: 500 }));
    const group = questions(seed, between(seed, 'askers', 2, 8));
    const again: Asking[] = [];
    const askings = group.map((question) =>
      ask(question, roll(seed, `signal ${question.id}`) < 0.5 ? new AbortController().signal : undefined),
    );
    for (const { question, over } of askings) {
      void over.then(() => again.push(ask({ ...question, id: `${question.id}-again` })));
    }
    await clock.advance(failsAfter + 1_000);
    const told = askings.filter(({ failure }) => failure?.status === status).length;
    must(
      told === group.length,
      `the one call for ${group.length} askers failed with ${status}, and ${told} were told so`,
    );
    const late = askings.find(({ endedAt = Infinity }) => endedAt > failsAfter + AT_ONCE_MS);
    must(
      !late,
      () => `${late?.question.id} was told of the failure ${seconds((late?.endedAt ?? 0) - failsAfter)} late`,
    );
    const helped = again.filter(({ answer }) => answer !== undefined).length;
    must(
      helped === group.length,
      `the provider was well again; ${group.length - helped} of ${group.length} who asked again were told of the old failure`,
    );
    must(
      calls.length === 2,
      `${group.length} asked again after a failure, all at once, and made ${calls.length - 1} calls`,
    );
    const [first] = group;
    const before = calls.length;
    const later = first && ask({ ...first, id: 'q-later' });
    await clock.advance(1_000);
    must(
      later?.answer !== undefined && calls.length > before,
      'the question was asked again after its answer was given, and no call was made for it',
    );
  },
);

/** Askers of one question, a gap between them; each with a signal, but the one without. */
async function gathered({ seed, clock }: Run, ask: ReturnType<typeof desk>['ask'], count: number, without = -1) {
  const askers: { asking: Asking; leave: () => void; reason: Error; signal: AbortSignal }[] = [];
  for (const [n, question] of questions(seed, count).entries()) {
    const controller = new AbortController();
    const reason = new Error(`${question.id} has left`);
    const asking = ask(question, n === without ? undefined : controller.signal);
    askers.push({ asking, leave: () => controller.abort(reason), reason, signal: controller.signal });
    await clock.advance(between(seed, `gap ${n}`, 0, 30));
  }
  return askers;
}
function mustBeLetGo({ question, endedAt = Infinity, failure }: Asking, reason: Error, leftAt: number): void {
  must(
    endedAt <= leftAt + AT_ONCE_MS,
    `the asker of ${question.id} left, and was held ${endedAt === Infinity ? 'for ever' : seconds(endedAt - leftAt)}`,
  );
  must(
    failure?.message === reason.message || failure?.name === 'AbortError',
    `the asker of ${question.id} left because "${reason.message}", and was told "${failure?.message}"`,
  );
}

behaviour('leaves', 'an asker who leaves is let go at once, and takes the answer from nobody', async (run) => {
  const { seed, clock } = run;
  const { ask, calls } = desk(run, () => ({ ms: 3_000, stubborn: true }));
  const count = between(seed, 'askers', 3, 8);
  const anonymous = roll(seed, 'anonymous') < 0.5 ? count - 1 : -1;
  const askers = await gathered(run, ask, count, anonymous);
  const stays = anonymous >= 0 ? askers[anonymous] : pick(seed, 'stays', askers as [(typeof askers)[0]]);
  const leavers = shuffled(
    seed,
    'leavers',
    askers.filter((one) => one !== stays),
  );
  for (const { asking, leave, reason } of leavers) {
    const leftAt = clock.now();
    leave();
    await clock.advance(between(seed, `leaves ${asking.question.id}`, 20, 100));
    mustBeLetGo(asking, reason, leftAt);
    must(
      calls.length === 1 && calls[0]?.stoppedAt === undefined,
      `${asking.question.id} left, and the call that ${stays?.asking.question.id} was still waiting for was stopped`,
    );
  }
  await clock.advance(4_000);
  must(
    stays?.asking.answer !== undefined,
    () => `${leavers.length} of ${count} askers left; the last one was told "${stays?.asking.failure?.message}"`,
  );
  must(calls.length === 1, `${count} askers, of whom ${leavers.length} left, made ${calls.length} calls`);
});

behaviour(
  'last-leaves',
  'when the last asker has left the call is stopped; for one who has left none is begun',
  async (run) => {
    const { seed, clock } = run;
    const { ask, calls } = desk(run, () => ({ ms: 3_000 }));
    const askers = await gathered(run, ask, between(seed, 'askers', 1, 5));
    let leftAt = 0;
    for (const { asking, leave, reason } of shuffled(seed, 'order', askers)) {
      leftAt = clock.now();
      leave();
      await clock.advance(20);
      mustBeLetGo(asking, reason, leftAt);
    }
    const stoppedAt = calls[0]?.stoppedAt ?? Infinity;
    must(
      stoppedAt <= leftAt + AT_ONCE_MS,
      `all ${askers.length} askers had left, and the provider went on generating, billed`,
    );
    const reason = new Error('left before');
    const [question] = questions(seed, 1);
    const [at, before] = [clock.now(), calls.length];
    const gone = question && ask(question, AbortSignal.abort(reason));
    await clock.advance(20);
    must(calls.length === before, 'a call was begun for an asker who had left before');
    if (gone) mustBeLetGo(gone, reason, at);
  },
);

behaviour(
  'after-leaving',
  'who asks after the last one left has a call of its own, whatever the old one still does',
  async (run) => {
    const { seed, clock } = run;
    const oldEnds = between(seed, 'old ends', 500, 900);
    const failing = roll(seed, 'old fails') < 0.5 ? { status: 503 } : {};
    const { ask, calls } = desk(run, (_, n) => (n === 1 ? { ms: oldEnds, stubborn: true, ...failing } : { ms: 2_000 }));
    const askers = await gathered(run, ask, between(seed, 'askers', 1, 3));
    for (const { leave } of askers) leave();
    await clock.advance(1);
    const [question] = questions(seed, 1);
    must(question !== undefined, 'no question');
    const second = ask({ ...question, id: 'q-second' });
    await clock.advance(oldEnds);
    const third = ask({ ...question, id: 'q-third' });
    await clock.advance(3_000);
    for (const { question, answer, failure } of [second, third]) {
      must(
        answer !== undefined,
        () =>
          `${question.id} came after all others had left, and was told "${failure?.message}", the end of the call that they had stopped`,
      );
      must(
        calls[1] === undefined || answer.text === textOf(calls[1]),
        () => `${question.id} was given an answer from a call that had been stopped`,
      );
    }
    must(
      calls.length === 2,
      () =>
        `a call was stopped and another begun; then the question was asked once more, and ${calls.length} calls were made`,
    );
  },
);

behaviour('leaves-nothing', 'when a question is over nothing listens at its asker any more', async (run) => {
  const { seed, clock } = run;
  const fails = roll(seed, 'fails') < 0.3 ? { status: 503 } : {};
  const { ask } = desk(run, () => ({ ms: 500, ...fails }));
  const [first, ...others] = await gathered(run, ask, between(seed, 'askers', 2, 6));
  if (roll(seed, 'one leaves') < 0.5) first?.leave();
  await clock.advance(2_000);
  const left = others.filter(({ signal }) => getEventListeners(signal, 'abort').length > 0);
  must(
    left.length === 0,
    () =>
      `${left.length} askers had their answers, and their signals were still listened to: so they pile up at whoever asks often`,
  );
});

behaviour(
  'announces',
  'each question that joined a call and each message that was dropped is announced once',
  async (run) => {
    const { seed, clock } = run;
    const { ask, deliver, calls, events } = desk(run, () => ({ ms: 800 }));
    const group = questions(seed, between(seed, 'askers', 1, 9));
    for (const question of group) ask(question);
    const deliveries = Array.from({ length: between(seed, 'deliveries', 1, 5) }, () => deliver('m-1', 300));
    await clock.advance(1_000);
    deliveries.push(deliver('m-1'), deliver('m-2'));
    for (const question of questions(seed, 2, { tenant: 'globex' })) ask({ ...question, id: `globex-${question.id}` });
    await clock.advance(1_000);
    const named = (type: string) =>
      events.filter((event) => event.type === type).map(({ data }) => data.questionId ?? data.messageId);
    const asked = [...group.map(({ id }) => id), 'globex-q-1', 'globex-q-2'];
    const joined = asked.filter((id) => !calls.some(({ question }) => question.id === id));
    must(
      isDeepStrictEqual(named('QuestionCoalesced').sort(), joined.sort()),
      () =>
        `${joined.join(', ') || 'no question'} joined a call; announced: ${named('QuestionCoalesced').join(', ') || 'none'}`,
    );
    const dropped = deliveries.filter(({ said }) => said === 'duplicate').map(({ messageId }) => messageId);
    must(
      isDeepStrictEqual(named('MessageDropped'), dropped),
      () => `${dropped.length} deliveries were duplicates; announced: ${named('MessageDropped').join(', ') || 'none'}`,
    );
  },
);

behaviour('once', 'a message that comes several times is handled once, and acknowledged when it is', async (run) => {
  const { seed, clock } = run;
  const { deliver, handlings } = desk(run, () => ({ ms: 1 }));
  const deliveries: Delivery[] = [];
  const coming = Array.from({ length: 9 }, (_, n) => `m-${n + 1}`).flatMap((messageId) => {
    const begins = between(seed, `${messageId} begins`, 0, 2_000);
    const ms = between(seed, `${messageId} ms`, 100, 4_000);
    const times = between(seed, `${messageId} times`, 1, 5);
    return Array.from({ length: times }, (_, n) => ({
      at: n ? begins + between(seed, `${messageId} comes ${n}`, 0, 2 * ms) : begins,
      messageId,
      ms,
    }));
  });
  arriveInTurn(coming, ({ messageId, ms }) => void deliveries.push(deliver(messageId, ms)));
  await clock.advance(15_000);
  const twice = twiceAtOnce(handlings);
  must(twice.length === 0, () => `${twice[0]?.messageId} was being handled, came again, and was handled a second time`);
  for (const { messageId, at, endedAt, said, failure } of deliveries) {
    const [handling, another] = handlings.filter((one) => one.messageId === messageId);
    must(handling !== undefined && !another, () => `${messageId} was ${another ? 'handled again' : 'never handled'}`);
    must(
      endedAt !== undefined && endedAt <= Math.max(at, handling.endedAt) + AT_ONCE_MS,
      `${messageId} was handled, and the queue waited on for a delivery of it`,
    );
    const first = deliveries.find((one) => one.messageId === messageId)?.at ?? at;
    must(
      handling.at <= first + AT_ONCE_MS,
      () => `${messageId} waited ${seconds(handling.at - first)} for messages that have nothing to do with it`,
    );
    must(
      said === undefined || endedAt >= handling.endedAt,
      `${messageId} was acknowledged as a ${said} ${seconds(handling.endedAt - endedAt)} before it was handled: had that failed, it would be lost`,
    );
    must(
      said === 'duplicate' || at <= handling.endedAt,
      `${messageId} had been handled, came again, and the queue was told ${said ?? failure?.message}`,
    );
  }
  const handled = deliveries.filter(({ said }) => said === 'handled');
  must(handled.length === handlings.length, `9 messages were handled; the queue was told so ${handled.length} times`);
});

behaviour(
  'failed-message',
  'a message whose handling fails is not acknowledged by anyone, and is handled when it comes again',
  async (run) => {
    const { seed, clock } = run;
    const { deliver, handlings } = desk(run, () => ({ ms: 1 }));
    const ms = between(seed, 'ms', 200, 2_000);
    const failures = between(seed, 'failures', 1, 4);
    for (let attempt = 1; attempt <= failures; attempt++) {
      const why = `mail server says ${between(seed, `code ${attempt}`, 400, 599)}`;
      const first = deliver('m-1', ms, why);
      await clock.advance(ms / 2);
      const during = deliver('m-1', ms, why);
      await clock.advance(3 * ms);
      must(
        first.failure?.message === why,
        () => `handling failed with "${why}"; the queue was told ${first.said ?? `"${first.failure?.message}"`}`,
      );
      must(
        during.failure !== undefined,
        `m-1 came again while it was being handled, that failed, and the queue was told ${during.said ?? 'nothing'}: no one will bring it a third time`,
      );
    }
    must(twiceAtOnce(handlings).length === 0, 'm-1 was being handled, came again, and was handled a second time');
    const at = clock.now();
    const last = deliver('m-1', ms);
    await clock.advance(2 * ms);
    must(
      last.said === 'handled' && handlings.some((one) => one.at >= at),
      `handling m-1 had failed ${failures} times; it came again, and the queue was told ${last.said ?? last.failure?.message}`,
    );
    const after = deliver('m-1', ms);
    await clock.advance(2 * ms);
    must(after.said === 'duplicate', `m-1 had been handled at last; it came again, and was ${after.said ?? 'refused'}`);
  },
);

behaviour('window', 'a message is known for the window after it was handled, and then forgotten', async (run) => {
  const { seed, clock } = run;
  const { deliver } = desk(run, () => ({ ms: 1 }));
  const { windowMs } = policyOf(seed);
  const others = Array.from({ length: between(seed, 'others', 0, 10) }, (_, n) => `m-other-${n}`);
  for (const messageId of ['m-early', 'm-late', ...others]) deliver(messageId, 50);
  await clock.advance(windowMs * 0.85);
  const early = deliver('m-early');
  deliver('m-between');
  await clock.advance(windowMs * 0.3);
  const late = deliver('m-late');
  await clock.advance(10);
  must(
    early.said === 'duplicate',
    `m-early came again after ${seconds(windowMs * 0.85)} of a window of ${seconds(windowMs)}, and was ${early.said}`,
  );
  must(
    late.said === 'handled',
    `m-late came again after ${seconds(windowMs * 1.15)}; the window is ${seconds(windowMs)}, and it was still remembered`,
  );
  const lateAgain = deliver('m-late');
  await clock.advance(10);
  must(lateAgain.said === 'duplicate', 'm-late was handled anew, came again, and was handled a third time');
});

behaviour('capacity', 'of handled messages the newest are remembered, as many as the policy says', async (run) => {
  const { seed, clock } = run;
  const { deliver, handlings } = desk(run, () => ({ ms: 1 }));
  const { capacity } = policyOf(seed);
  const slowMs = 4_000;
  deliver('m-slow', slowMs);
  const ids = Array.from({ length: between(seed, 'messages', 2 * capacity, 3 * capacity) }, (_, n) => `m-${n + 1}`);
  for (const [n, messageId] of ids.entries()) {
    deliver(messageId);
    if (roll(seed, `gap ${n}`) < 0.3) await clock.advance(1);
  }
  const again = async (messageIds: string[]) => {
    const deliveries = messageIds.map((messageId) => deliver(messageId));
    await clock.advance(1);
    return deliveries.map(({ messageId, said }) => ({
      messageId,
      said,
      later: ids.length - 1 - ids.indexOf(messageId),
    }));
  };
  await clock.advance(1);
  for (const { messageId, said, later } of await again(ids.slice(-Math.floor(capacity * 0.9)))) {
    must(
      said === 'duplicate',
      `${messageId} came again when ${later} later ones had been handled, of ${capacity} to remember, and was ${said}`,
    );
  }
  deliver('m-slow');
  await clock.advance(slowMs);
  const slow = handlings.filter(({ messageId }) => messageId === 'm-slow').length;
  must(
    slow === 1,
    `m-slow was being handled, ${ids.length} others passed, it came again, and was handled twice at once`,
  );
  for (const { messageId, said, later } of await again(ids.slice(0, -Math.ceil(capacity * 1.1)))) {
    must(
      said === 'handled',
      `${messageId} was remembered when ${later} later ones had been handled; ${capacity} is the most`,
    );
  }
});

tradeOff('the same words for other eyes, or on another key, are another question', async (run) => {
  const { seed, clock } = run;
  const { ask, calls } = desk(run, ({ id }) => ({ ms: between(seed, `ms ${id}`, 600, 900) }));
  const tenants = ['acme', pick(seed, 'tenant', ['globex', 'initech'])];
  const audiences = [undefined, 'agents', pick(seed, 'audience', ['managers', 'auditors'])];
  const group = tenants.flatMap((tenant) =>
    audiences.flatMap((audience) =>
      questions(seed, between(seed, `${tenant} ${audience}`, 2, 5), { tenant, ...(audience && { audience }) }),
    ),
  );
  const askings: Asking[] = [];
  for (const [n, question] of shuffled(seed, 'order', group).entries()) {
    askings.push(ask({ ...question, id: `q-${n}` }));
    await clock.advance(between(seed, `gap ${n}`, 0, 10));
  }
  await clock.advance(1_000);
  for (const { question, answer } of askings) {
    const call = calls.find((one) => answer?.text === textOf(one));
    must(call !== undefined, `${question.id} was given ${JSON.stringify(answer)}`);
    const [mine, theirs] = [question, call.question].map(
      ({ tenant, audience = 'the public' }) => `${audience} of ${tenant}`,
    );
    must(mine === theirs, `${question.id}, asked by ${mine}, was answered from what ${theirs} may read`);
  }
  const kinds = tenants.length * audiences.length;
  must(
    calls.length === kinds,
    `${group.length} askers, ${kinds} answers that differ by who may read what, and ${calls.length} generations billed`,
  );
});
