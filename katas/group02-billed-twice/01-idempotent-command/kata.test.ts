import { isDeepStrictEqual } from 'node:util';
import type {
  CommandRequest,
  CreateIdempotency,
  IdempotencyEvent,
  IdempotencyPolicy,
  Reply,
} from '#answerdesk/seams/idempotency.ts';
import {
  type CommandProcess,
  type CommandWorld,
  commandWorld,
  type Plan,
  type Submission,
} from '#answerdesk/simulation/submitting-commands.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { playAppMorning, recordedAppMorning, shorterMorning } from '../incident/idempotent-command.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createIdempotency: CreateIdempotency = kata.createIdempotency;
const schema = (kata as { schema?: string }).schema ?? '';

const inProduction: IdempotencyPolicy = { windowMs: 86_400_000, claimMs: 60_000 };
const policyOf = (seed: number): IdempotencyPolicy => ({
  windowMs: between(seed, 'window', 10, 60) * 60_000,
  claimMs: between(seed, 'claim', 20, 90) * 1_000,
});
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const shown = (value: unknown) => JSON.stringify(value);

interface Scene {
  world: CommandWorld;
  policy: IdempotencyPolicy;
  api: CommandProcess;
  /** Another process: nothing that the first keeps in memory is there. */
  another: (name: string) => Promise<CommandProcess>;
}
function scene(run: Run, hooks?: Parameters<CommandWorld['process']>[2]): Scene {
  const policy = policyOf(run.seed);
  const world = commandWorld(run, policy, schema);
  const another = async (name: string) => {
    const fresh = await inAnotherProcess(() => import('./kata.ts'));
    return world.process(name, fresh.createIdempotency);
  };
  return { world, policy, api: world.process('api-1', createIdempotency, hooks), another };
}

/** JSON of any kind, three levels deep at most. */
function anyJson(seed: number, name: string, depth = 0): unknown {
  const kind = depth < 3 ? pick(seed, `${name} kind`, ['object', 'array', 'leaf', 'object']) : 'leaf';
  if (kind === 'leaf')
    return pick(seed, `${name} leaf`, ['order 4711', '', 'ß "quoted" 注文', 0, 12.5, -3, true, null]);
  const size = between(seed, `${name} size`, 1, 3);
  const parts = Array.from({ length: size }, (_, n) => anyJson(seed, `${name}.${n}`, depth + 1));
  if (kind === 'array') return parts;
  return Object.fromEntries(parts.map((part, n) => [`${pick(seed, `${name} ${n}`, LETTERS)}${n}`, part]));
}
const LETTERS = ['b', 'a', 'z', 'ä', 'B', '10', '9'] as const;
/** The same with its keys in another order. */
function reordered(seed: number, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((part) => reordered(seed, part));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, reordered(seed, part)] as const);
  return Object.fromEntries(shuffled(seed, entries.map(([key]) => key).join(), entries).reverse());
}

function post(seed: number, over: Partial<CommandRequest> = {}): CommandRequest & { key: string } {
  const body = { text: `Where is order ${between(seed, 'order', 10_000, 99_999)}?`, context: anyJson(seed, 'context') };
  return { tenant: 'acme', method: 'POST', path: '/answers', key: 'send-1', body, ...over };
}
const worked = ({ reply }: Submission) => reply !== undefined && reply.status !== 409;
const told = ({ reply, failure, endedAt }: Submission) =>
  endedAt === undefined ? 'nothing' : (failure?.message ?? `${reply?.status} ${shown(reply?.body)}`);
/** One effect for the command, whoever asked for it and how often. */
function mustBeDoneOnce(world: CommandWorld, what: string): void {
  must(world.effects.length > 0, `${what}: it was never done`);
  must(world.effects.length === 1, () => `${what}: it was done ${world.effects.length} times, and billed each time`);
}

incident(
  'a question that an app sends several times is answered, and billed, once',
  {
    recorded: () => recordedAppMorning(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: shorterMorning,
    recordedSeed: RECORDED_SEED,
  },
  async (morning, run) => {
    const { sent, world } = await playAppMorning(morning, run, createIdempotency, inProduction, schema);
    const commands = sent.filter(({ keyOf }) => keyOf === undefined);
    const billedOf = ({ tenant, key, text }: (typeof sent)[0]) =>
      world.effects.filter(({ request }) =>
        isDeepStrictEqual([request.tenant, request.key, textOf(request)], [tenant, key, text]),
      );
    const twice = commands.filter((one) => billedOf(one).length > 1);
    const [worst] = [...twice].sort((a, b) => billedOf(b).length - billedOf(a).length);
    must(
      twice.length === 0,
      () =>
        `${commands.flatMap(billedOf).length} answers were billed for ${commands.length} questions; ${worst?.id} was sent ${worst?.submissions.length} times under the key ${worst?.key} of ${worst?.tenant}, and billed ${worst && billedOf(worst).length} times`,
      worst?.event,
    );
    for (const one of commands) {
      const replies = one.submissions.filter(({ reply }) => reply && reply.status < 400);
      must(
        one.received.some(({ status }) => status < 400),
        `${one.id} was sent ${one.submissions.length} times, and never had an answer`,
        one.event,
      );
      const other = replies.find(({ reply }) => !isDeepStrictEqual(reply, replies[0]?.reply));
      must(
        !other,
        () => `${one.id} was told ${told(replies[0] as Submission)}, and then ${told(other as Submission)}`,
        one.event,
      );
    }
    for (const one of sent.filter(({ keyOf }) => keyOf !== undefined)) {
      const wrong = one.submissions.find(({ reply }) => reply?.status !== 422);
      must(
        !wrong,
        () =>
          `${one.id} came under the key of ${one.keyOf}, with another question, and was told ${told(wrong as Submission)}`,
        one.event,
      );
    }
  },
  { startAt: BEGINS },
);
const textOf = ({ body }: CommandRequest) => (body as { text?: string }).text;

behaviour('replays', 'a command that was done is replied to as the first time, with status and body', async (run) => {
  const { seed, clock } = run;
  const { world, api } = scene(run);
  for (const status of shuffled(seed, 'statuses', [200, 201, 402, 409, 500]).slice(0, 3)) {
    const request = post(seed, { key: `send-${status}` });
    const before = world.runs.length;
    const plan: Plan = { ms: between(seed, `ms ${status}`, 0, 900), status, body: anyJson(seed, `reply ${status}`) };
    const first = api.submit(request, plan);
    await clock.advance(1_000);
    const replies: Submission[] = [];
    for (const n of [1, 2]) {
      const { body } = first.held ?? {};
      if (typeof body === 'object' && body !== null) Object.assign(body, { seenBy: 'the first' });
      await clock.advance(between(seed, `gap ${status} ${n}`, 1, 100_000));
      replies.push(api.submit(request, { ms: 1, status: 299 }));
      await clock.advance(10);
    }
    const again = world.runs.length - before - 1;
    must(again === 0, `${request.key} was done, with ${status}; it came twice more, and was done ${again} times more`);
    for (const one of [first, ...replies]) {
      must(
        isDeepStrictEqual(one.reply, { status, body: plan.body }),
        () =>
          `the work came to ${status} ${shown(plan.body)}; ${one === first ? 'its app' : 'who sent it again'} was told ${told(one)}`,
      );
    }
  }
});

behaviour('key', 'a POST without a key is refused with 400, and not begun', async (run) => {
  const { world, api } = scene(run);
  const { key: _, ...request } = post(run.seed);
  const submission = api.submit(request, { ms: 10 });
  await run.clock.advance(100);
  must(submission.reply?.status === 400, `a POST without a key was told ${told(submission)}`);
  must(world.runs.length === 0, 'a POST without a key was begun');
});

behaviour(
  'other-body',
  'a key that comes with another path or body is refused with 422, and nothing is begun',
  async (run) => {
    const { seed, clock } = run;
    const { world, api } = scene(run);
    const { body, ...request } = post(seed);
    const ms = between(seed, 'ms', 500, 3_000);
    const first = api.submit({ ...request, body }, { ms, body: { job: 'the first' } });
    await clock.advance(ms / 2);
    const others: CommandRequest[] = [
      { ...request, path: '/refunds', body },
      { ...request, body: { ...(body as object), text: 'What does the plan cost?' } },
      { ...request, body: { ...(body as object), extra: null } },
      { ...request, body: { ...(body as object), context: { deep: [{ a: between(seed, 'a', 1, 9) }, 'x', 1] } } },
      { ...request, body: [body] },
    ];
    const early = pick(seed, 'early', others as [CommandRequest]);
    const during = api.submit(early, { ms: 10 });
    await clock.advance(2 * ms);
    must(
      during.reply?.status === 422,
      `${request.key} was under way; it came with another request, ${shown(early.body)} to ${early.path}, and was told ${told(during)}`,
    );
    for (const other of others) {
      const submission = api.submit(other, { ms: 10 });
      await clock.advance(20);
      must(
        submission.reply?.status === 422,
        `${request.key} had come with ${shown(body)} to ${request.path}; it came with ${shown(other.body)} to ${other.path}, and was told ${told(submission)}`,
      );
    }
    must(world.runs.length === 1, `other requests came under a used key, and ${world.runs.length - 1} were begun`);
    const same = api.submit({ ...request, body: reordered(seed, body) }, { ms: 10 });
    await clock.advance(20);
    must(
      isDeepStrictEqual(same.reply, first.reply) && world.runs.length === 1,
      () =>
        `the same body came again, its fields in another order, and was told ${told(same)}; the first was told ${told(first)}`,
    );

    const [one, two] = arrays(seed);
    const ordered = { ...request, key: 'send-2' };
    api.submit({ ...ordered, body: one }, { ms: 10 });
    await clock.advance(20);
    const swapped = api.submit({ ...ordered, body: two }, { ms: 10 });
    await clock.advance(20);
    must(
      swapped.reply?.status === 422,
      `${shown(one)} and ${shown(two)} are two requests; the second came under the key of the first, and was told ${told(swapped)}`,
    );
  },
);
/** Two bodies that differ as little as bodies do. */
function arrays(seed: number): [unknown, unknown] {
  const n = between(seed, 'n', 2, 99);
  return pick(seed, 'arrays', [
    [{ items: [n, 1] }, { items: [1, n] }],
    [{ items: [n] }, { items: [`${n}`] }],
    [
      { items: n, more: { x: 1, y: 2 } },
      { items: n, more: { x: 2, y: 1 } },
    ],
    [{ items: [n, [1, 2]] }, { items: [n, 1, 2] }],
    [{ items: { a: { b: { c: n } } } }, { items: { a: { b: { c: n + 1 } } } }],
  ]);
}

behaviour('scoped', 'a key is a tenant’s own, and each command is done under a key of its own', async (run) => {
  const { seed, clock } = run;
  const { world, api } = scene(run);
  const requests = ['acme', 'globex', 'initech'].flatMap((tenant) =>
    ['send-1', 'send-2'].map((key) => post(seed, { tenant, key })),
  );
  const submissions = shuffled(seed, 'order', requests).map((request) => api.submit(request, { ms: 50 }));
  await clock.advance(200);
  const refused = submissions.find(({ reply }) => reply?.status !== 201);
  must(
    !refused,
    () =>
      `${refused?.request.key} of ${refused?.request.tenant} was told ${told(refused as Submission)}; other commands have nothing to do with it`,
  );
  must(
    world.effects.length === requests.length,
    () =>
      `${requests.length} commands of three tenants were submitted, under two keys each; ${world.effects.length} were done`,
  );
});

behaviour(
  'at-once',
  'a key that comes a hundred times at once is done once; the others wait or are refused with 409',
  async (run) => {
    const { seed, clock } = run;
    const { world, api } = scene(run);
    const count = pick(seed, 'count', [100, 30, 12, 12, 12]);
    const ms = between(seed, 'ms', 100, 900);
    const [early, late] = [between(seed, 'early', 1, count), between(seed, 'late', 1, 5)];
    const submissions = Array.from({ length: early }, () => api.submit(post(seed), { ms, afterMs: ms }));
    const quick = api.submit(post(seed, { key: 'send-other' }), { ms: 20 });
    await clock.advance(60);
    must(worked(quick), `another command was submitted at the same time, and after 60 ms was told ${told(quick)}`);
    for (let n = early; n < count; n += late) {
      for (let k = 0; k < late; k++) submissions.push(api.submit(post(seed), { ms, afterMs: ms }));
      await clock.advance(between(seed, `gap ${n}`, 0, 10));
    }
    await clock.advance(3 * ms + 2_000);
    const begun = world.runs.filter(({ request }) => request.key === 'send-1').length;
    must(begun === 1, `one command was submitted ${submissions.length} times, and begun ${begun} times`);
    const [first] = submissions.filter(worked);
    must(first !== undefined, `one command was submitted ${submissions.length} times, and nobody had its reply`);
    for (const one of submissions) {
      must(
        one.reply?.status === 409 || isDeepStrictEqual(one.reply, first.reply),
        () => `${submissions.length} submissions of one command: one was told ${told(first)}, another ${told(one)}`,
      );
    }
  },
);

behaviour('not-done', 'where nothing was done the app is told so, and the same key may try again', async (run) => {
  const { seed, clock } = run;
  const { world, api } = scene(run);
  const tries = between(seed, 'tries', 1, 3);
  for (let n = 1; n <= tries; n++) {
    const status = pick(seed, `status ${n}`, [503, 429, 400, 200]);
    const body = { error: `try ${n}` };
    const submission = api.submit(post(seed), { ms: 100, status, body, done: false });
    await clock.advance(50);
    const during = api.submit(post(seed), { ms: 100, status, body, done: false });
    await clock.advance(between(seed, `gap ${n}`, 250, 5_000));
    must(
      isDeepStrictEqual(submission.reply, { status, body }),
      `the work came to ${status}, nothing done; its app was told ${told(submission)}`,
    );
    must(
      during.reply?.status === 409 || isDeepStrictEqual(during.reply, { status, body }),
      `the work came to ${status}, nothing done; who had come meanwhile was told ${told(during)}`,
    );
  }
  const last = api.submit(post(seed), { ms: 100 });
  await clock.advance(200);
  must(last.reply?.status === 201, `${tries} tries had done nothing; the key came again, and was told ${told(last)}`);
  const after = api.submit(post(seed), { ms: 100 });
  await clock.advance(200);
  must(
    isDeepStrictEqual(after.reply, last.reply),
    () => `it was done at last; the key came again, and was told ${told(after)}`,
  );
  mustBeDoneOnce(world, `a command was tried ${tries + 1} times, the last time with success`);
});

behaviour(
  'unknown',
  'where the work rejects nobody knows whether it was done: the next try does not do it again',
  async (run) => {
    const { seed, clock } = run;
    const { world, api } = scene(run);
    const tries = between(seed, 'tries', 1, 3);
    for (let n = 1; n <= tries; n++) {
      const throws = `socket hang up, try ${n}`;
      const submission = api.submit(post(seed), { ms: 100, throws, effect: roll(seed, `effect ${n}`) < 0.7 });
      await clock.advance(between(seed, `gap ${n}`, 150, 5_000));
      must(
        submission.failure?.message === throws,
        `the work rejected with "${throws}"; its caller was told ${told(submission)}`,
      );
    }
    const other = api.submit(post(seed, { body: { text: 'What does the plan cost?' } }), { ms: 100 });
    await clock.advance(200);
    must(
      other.reply?.status === 422,
      `a try had rejected, and may have done what it was asked; another request came under its key, and was told ${told(other)}`,
    );
    const last = api.submit(post(seed), { ms: 100 });
    await clock.advance(200);
    must(last.reply?.status === 201, `${tries} tries had rejected; the key came again, and was told ${told(last)}`);
    mustBeDoneOnce(world, `${tries} tries may have done it, and rejected; then the key came again`);
  },
);

behaviour(
  'expires',
  'a key is remembered for the window from when it was first seen, and is free after it',
  async (run) => {
    const { seed, clock } = run;
    const { world, policy, api } = scene(run);
    const first = api.submit(post(seed), { ms: 20 });
    api.submit(post(seed, { key: 'send-2' }), { ms: 20, status: 503, done: false });
    const asked = [0.3, 0.6, 0.85].map((share) => share * policy.windowMs);
    for (const at of asked) {
      await clock.advance(at - clock.now());
      const again = api.submit(post(seed), { ms: 20 });
      await clock.advance(100);
      must(
        isDeepStrictEqual(again.reply, first.reply),
        () =>
          `a key came again after ${seconds(at)} of a window of ${seconds(policy.windowMs)}, and was told ${told(again)}; the first was told ${told(first)}`,
      );
    }
    await clock.advance(1.15 * policy.windowMs - clock.now());
    const other = roll(seed, 'other') < 0.5;
    const next = other ? post(seed, { body: { text: 'What does the plan cost?' } }) : post(seed);
    const free = api.submit(next, { ms: 20 });
    await clock.advance(100);
    must(
      free.reply?.status === 201 && world.effects.length === 2,
      () =>
        `a key came ${seconds(1.15 * policy.windowMs)} after it was first seen, with ${other ? 'another' : 'the same'} body; the window is ${seconds(policy.windowMs)}; it was told ${told(free)}, and ${world.effects.length === 2 ? 'done' : 'not done'}`,
    );
    const done = () => world.effects.filter(({ request }) => request.key === 'send-2').length;
    const tried = [1, 2].map(() => api.submit(post(seed, { key: 'send-2' }), { ms: 20 }));
    await clock.advance(100);
    tried.push(api.submit(post(seed, { key: 'send-2' }), { ms: 20 }));
    await clock.advance(100);
    must(
      done() === 1 && tried[2]?.reply?.status === 201,
      () =>
        `a key whose only try had done nothing came three times, ${seconds(policy.windowMs * 0.15)} after its window; it was done ${done()} times, and the last was told ${told(tried[2] as Submission)}`,
    );
    const again = api.submit(next, { ms: 20 });
    await clock.advance(100);
    must(
      isDeepStrictEqual(again.reply, free.reply),
      () => `a key began its second window; it came again, and was told ${told(again)}`,
    );
  },
);

behaviour(
  'announces',
  'what was begun, replayed and refused is announced once each, with tenant and key',
  async (run) => {
    const { seed, clock } = run;
    const { world, api } = scene(run);
    const submissions: Submission[] = [];
    const submit = async (over: Partial<CommandRequest>, ms: number) => {
      submissions.push(api.submit(post(seed, over), { ms: 300 }));
      await clock.advance(ms);
    };
    await submit({}, 100);
    await submit({}, 400);
    for (let n = between(seed, 'again', 1, 3); n > 0; n--) await submit({}, 400);
    await submit({ tenant: 'globex', key: 'send-9' }, 400);
    await submit({ body: 'other' }, 400);
    const count = (type: IdempotencyEvent['type'], key: string) =>
      world.events.filter((event) => event.type === type && event.data.key === key).length;
    for (const { request, tenant = request.tenant, key = '' } of [submissions[0], submissions.at(-2)].flatMap((one) =>
      one ? [{ request: one.request, ...one.request }] : [],
    )) {
      const mine = submissions.filter((one) => one.request.tenant === tenant);
      const refused = mine.filter(({ reply }) => reply?.status === 409 || reply?.status === 422).length;
      const expected = { CommandClaimed: 1, CommandRefused: refused, CommandReplayed: mine.length - 1 - refused };
      const announced = Object.fromEntries(
        Object.keys(expected).map((type) => [type, count(type as IdempotencyEvent['type'], key)]),
      );
      must(
        isDeepStrictEqual(announced, expected),
        () =>
          `${mine.length} submissions of ${tenant}'s ${key}, with ${refused} refused; announced: ${shown(announced)}`,
      );
    }
    const wrong = world.events.find(
      ({ data }) => !submissions.some(({ request }) => request.tenant === data.tenant && request.key === data.key),
    );
    must(!wrong, () => `announced: ${shown(wrong)}, of which there was no submission`);
  },
);

/** A command whose process dies; then its app goes on sending it to others. */
async function afterDeath(run: Run, { world, policy, another }: Scene, died: Submission, what: string): Promise<void> {
  const { seed, clock } = run;
  const next = await another('api-2');
  const early = next.submit(died.request, { ms: 50 });
  await clock.advance(1_000);
  must(
    early.endedAt === undefined || early.reply?.status === 409 || early.reply?.status === 201,
    `${what}; its app sent it again, and was told ${told(early)}`,
  );
  await clock.advance(died.at + policy.claimMs * 1.1 - clock.now());
  const third = roll(seed, 'third') < 0.5 ? next : await another('api-3');
  const retries = [next, third, next].map((api) => api.submit(died.request, { ms: 50 }));
  await clock.advance(policy.claimMs);
  const last = next.submit(died.request, { ms: 50 });
  await clock.advance(100);
  must(
    retries.some(worked) && last.reply?.status === 201,
    () =>
      `${what}; ${seconds(policy.claimMs * 1.1)} later, with claims good for ${seconds(policy.claimMs)}, its app was told ${told(retries[0] as Submission)}`,
  );
  mustBeDoneOnce(world, `${what}, and its app sent it again`);
  if (!world.usesSql()) return;
  const begun = world.runs.filter(({ process }) => process !== 'api-1').length;
  must(
    begun <= 1,
    `${what}; two processes heard of it after the claim had run out, and it was begun ${begun} times more`,
  );
  const replies = [died, ...retries, last].filter(worked);
  const other = replies.find(({ reply }) => !isDeepStrictEqual(reply, last.reply));
  must(
    !other,
    () => `${what}; then it was done, and its app was told ${told(other as Submission)}, and later ${told(last)}`,
  );
}

behaviour('dies', 'a command whose process died is taken over, and not done again', async (run) => {
  const { seed, clock } = run;
  const one = scene(run);
  const dies = pick<NonNullable<Plan['dies']>>(seed, 'dies', [
    'before the effect',
    'after the effect',
    'with its result',
  ]);
  const ms = between(seed, 'ms', 0, 500);
  const died = one.api.submit(post(seed), { ms, afterMs: 100, dies });
  await clock.advance(ms + 200);
  await afterDeath(run, one, died, `its process died ${dies}`);
});

behaviour('dies-anywhere', 'that holds wherever it dies, between any two words with the database', async (run) => {
  const { seed, clock } = run;
  const [where, nth] = [pick(seed, 'where', ['before', 'after']), between(seed, 'nth', 1, 6)];
  let words = 0;
  let kill = () => {};
  const one = scene(run, {
    [where]: () => {
      if (++words === nth) kill();
    },
  });
  kill = one.api.kill;
  const died = one.api.submit(post(seed), { ms: 100, afterMs: 100 });
  await clock.advance(1_000);
  kill();
  await afterDeath(run, one, died, `its process died ${where} statement ${nth}`);
});

behaviour('two-processes', 'a command that comes to several processes at once is done once', async (run) => {
  const { seed, clock } = run;
  const { world, api, another, policy } = scene(run);
  const processes = [api, await another('api-2'), await another('api-3')].slice(0, between(seed, 'processes', 2, 3));
  const long = roll(seed, 'long') < 0.4;
  const ms = long ? policy.claimMs * 0.8 : between(seed, 'ms', 100, 900);
  const submissions: Submission[] = [];
  for (let n = 0; n < (long ? 6 : 18); n++) {
    const [first = api] = processes;
    submissions.push(pick(seed, `process ${n}`, [first, ...processes]).submit(post(seed), { ms }));
    if (long) await clock.advance(ms / 7);
    else if (roll(seed, `gap ${n}`) < 0.2) await clock.advance(ms / 4);
  }
  await clock.advance(2 * ms);
  const after = processes.map((process) => process.submit(post(seed), { ms }));
  await clock.advance(2 * ms);
  mustBeDoneOnce(world, `${submissions.length} submissions of one command came to ${processes.length} processes`);
  const [first] = submissions.filter(worked);
  must(first !== undefined, `${submissions.length} submissions of one command, and nobody had its reply`);
  if (!world.usesSql()) return;
  must(
    world.runs.length === 1,
    () =>
      `${submissions.length} submissions of one command came to ${processes.length} processes over one database, and it was begun ${world.runs.length} times`,
  );
  for (const reply of [...submissions.filter(worked), ...after]) {
    must(isDeepStrictEqual(reply.reply, first.reply), () => `one process told ${told(first)}, another ${told(reply)}`);
  }
});

behaviour('late', 'a process that was taken for dead changes nothing when it comes back', async (run) => {
  const { seed, clock } = run;
  const { world, api, another, policy } = scene(run);
  const { claimMs } = policy;
  const back = pick(seed, 'back', ['while the other works', 'after the other']);
  const ends: [Partial<Plan>, ...Partial<Plan>[]] = [
    {},
    { status: 503, done: false, effect: false },
    { throws: 'socket hang up', effect: true },
  ];
  const end = pick(seed, 'ends', ends);
  const hangsMs = claimMs * (back === 'after the other' ? 2 : 1.4);
  const hung = api.submit(post(seed), { ms: 50, afterMs: hangsMs, ...end });
  await clock.advance(claimMs * 1.15);
  const next = await another('api-2');
  const over = next.submit(post(seed), { ms: 50, afterMs: claimMs * 0.4 });
  await clock.advance(claimMs * 0.3);
  const during = next.submit(post(seed), { ms: 50 });
  await clock.advance(claimMs);
  const after = [next.submit(post(seed), { ms: 50 })];
  await clock.advance(100);
  mustBeDoneOnce(
    world,
    `a process was silent for ${seconds(hangsMs)}, another took over, and then the first came back`,
  );
  if (!world.usesSql()) return;
  const third = await another('api-3');
  after.push(third.submit(post(seed), { ms: 50 }));
  await clock.advance(100);
  const what = `a process came back ${back}, ${'throws' in end ? 'with a failure' : `with ${end.status ?? 201}`}`;
  must(world.runs.length <= 2, () => `${what}, and the command was begun a third time`);
  const told201 = [hung, over, during, ...after].filter(({ reply }) => reply?.status === 201);
  const other = told201.find(({ reply }) => !isDeepStrictEqual(reply, after[0]?.reply));
  must(
    !other,
    () =>
      `${what}: one of its submissions was told ${told(other as Submission)}, and later ones ${told(after[0] as Submission)}`,
  );
  const lost = after.find(({ reply }) => reply?.status !== 201);
  must(!lost, () => `${what}, and later submissions were told ${told(lost as Submission)}`);
});

tradeOff('what is idempotent by itself needs no key, and is neither refused nor replayed', async (run) => {
  await sendWithoutNeed(run, {});
  // Some apps send a key with whatever they send, and always the same one.
  await sendWithoutNeed(run, { key: 'send-1' });
});

async function sendWithoutNeed(run: Run, key: { key?: string }): Promise<void> {
  const { seed, clock } = run;
  const { world, api } = scene(run);
  const path = `/settings/${pick(seed, 'path', ['tone', 'language', 'footer'])}`;
  let setting = 'nothing';
  const did: Submission[] = [];
  const values = ['formal', 'brief', 'formal', pick(seed, 'value', ['brief', 'friendly'])];
  for (const value of values) {
    const put: CommandRequest = { tenant: 'acme', method: 'PUT', path, body: { value }, ...key };
    const before = world.effects.length;
    const submission = api.submit(put, { ms: 20, status: 200, body: { value } });
    await clock.advance(50);
    did.push(submission);
    if (world.effects.length > before) setting = value;
    must(
      isDeepStrictEqual(submission.reply, { status: 200, body: { value } }),
      `PUT ${path} ${shown(value)}, ${key.key ? 'with the app’s only key' : 'without a key'}, was told ${told(submission)}`,
    );
    must(setting === value, `PUT ${path} ${shown(value)} was accepted, and it still reads ${shown(setting)}`);
    const get: CommandRequest = { tenant: 'acme', method: 'GET', path, body: null, ...key };
    const read = api.submit(get, { ms: 5, status: 200, body: { value: setting }, effect: false });
    await clock.advance(20);
    must(
      isDeepStrictEqual(read.reply, { status: 200, body: { value: setting } }),
      `GET ${path} ${key.key ? 'with the app’s only key' : 'without a key'} was told ${told(read)}; it reads ${shown(setting)}`,
    );
  }
  const once = api.submit(post(seed), { ms: 20 });
  await clock.advance(50);
  must(
    once.reply?.status === 201,
    `then the app sent its first command, under ${shown(post(seed).key)}, and was told ${told(once)}`,
  );
  const twice: Reply[] = [];
  for (let n = 0; n < 2; n++) {
    const gone = api.submit(
      { tenant: 'acme', method: 'DELETE', path, body: null, ...key },
      { ms: 5, status: 204, body: null },
    );
    await clock.advance(20);
    if (gone.reply) twice.push(gone.reply);
  }
  must(
    twice.every(({ status }) => status === 204) && twice.length === 2,
    `DELETE ${path}, twice, was told ${shown(twice)}`,
  );
}
