import { isDeepStrictEqual } from 'node:util';
import type { ConversationPorts, CreateConversations, Message, Turn } from '#answerdesk/seams/conversation.ts';
import {
  ConversationWorld,
  type Instance,
  type Port,
  type Said,
  turnsOf,
} from '#answerdesk/simulation/conversation-world.ts';
import { heldBytes } from '#answerdesk/simulation/heap.ts';
import type { Moment } from '#answerdesk/simulation/mortal.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, type Run, seeds, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import { playDeploy, recordedDeploy, rollingDeploy, saidBefore } from '../incident/stateless-service.ts';

// Loaded here too, so that one which doesn't load is found out before a scene is played.
import './kata.ts';

const newProcess = async (): Promise<CreateConversations> =>
  (await inAnotherProcess(() => import('./kata.ts'))).createConversations;

const A_WHILE = 60_000;

/** A world, and instances of which each is a process of its own. */
async function cluster({ seed, clock }: Run, size: number) {
  const world = new ConversationWorld(seed, clock.now);
  const started: Instance[] = [];
  const start = async (create?: CreateConversations) => {
    const instance = world.instance(`worker-${started.length + 1}`, create ?? (await newProcess()));
    started.push(instance);
    return instance;
  };
  for (let n = 0; n < size; n++) await start();
  const any = (name: string) => {
    const alive = started.filter((instance) => instance.alive);
    return alive[between(seed, `instance for ${name}`, 0, alive.length - 1)] as Instance;
  };
  const say = async (turn: Turn, instance = any(`${turn.conversation} ${turn.id}`)) => {
    const said = instance.say(turn);
    await clock.advance(A_WHILE);
    return said;
  };
  return { world, start, any, say, first: started[0] as Instance, second: (started[1] ?? started[0]) as Instance };
}
type Cluster = Awaited<ReturnType<typeof cluster>>;

const which = ({ tenant, conversation, id }: Turn) => `turn ${id} of ${conversation} (${tenant})`;
const json = (value: unknown) => JSON.stringify(value);

/** It was answered, and with an answer that the model gave. */
function mustAnswer({ world }: Pick<Cluster, 'world'>, { turn, endedAt, answer, failure, at }: Said): string {
  must(!failure, () => `${which(turn)} failed: ${failure?.code ?? ''} ${failure?.message}`);
  must(endedAt !== undefined, `${which(turn)} had no answer after ${(world.now() - at) / 1000} s`);
  must(world.callOf(answer) !== undefined, () => `${which(turn)} was answered ${json(answer)}; no model said so`);
  return answer as string;
}

/** What is there now, as an instance sees it. */
async function historyOf({ clock }: Run, instance: Instance, { tenant, conversation }: Turn): Promise<Message[]> {
  let given: Message[] | undefined;
  let failure: unknown;
  instance.history(tenant, conversation).then(
    (messages) => {
      given = structuredClone(messages);
    },
    (error: Error) => {
      failure = error;
    },
  );
  await clock.advance(1_000);
  must(given !== undefined, () => `the history of ${conversation} wasn't given${failure ? `: ${failure}` : ''}`);
  return given;
}

/** These turns and no others, each followed by its answer, which is the model's to all that stands before it. */
function mustBeOneConversation(world: ConversationWorld, history: readonly Message[], turns: readonly Turn[]): void {
  const lost = turns.filter(({ text }) => !history.some((message) => message.text === text));
  must(
    lost.length === 0,
    () =>
      `${lost.length} of ${turns.length} turns that were answered aren't in the history (first: ${which(lost[0] as Turn)})`,
  );
  must(
    history.length === 2 * turns.length,
    () => `${turns.length} turns were answered, and the history has ${history.length} messages: ${json(history)}`,
  );
  for (let n = 0; n < history.length; n += 2) {
    const [question, answer] = [history[n] as Message, history[n + 1] as Message];
    const turn = turns.find(({ text }) => text === question.text);
    must(
      turn !== undefined && question.from === 'asker' && answer.from === 'answerdesk',
      () => `message ${n + 1} should be a turn and the next its answer: ${json([question, answer])}`,
    );
    const call = world.callOf(answer.text);
    must(
      isDeepStrictEqual(call?.messages, history.slice(0, n + 1)),
      () =>
        `${which(turn)} was said after ${n} messages; its answer came from a model that was told ${(call?.messages.length ?? 1) - 1} of them, or others`,
    );
    const text = world.textOf(turn.tenant, turn.edition);
    must(
      call?.handbook === text,
      () => `${which(turn)} is to be answered by "${text}"; it was answered by "${call?.handbook}"`,
    );
  }
}

incident(
  'a deploy takes nothing from any conversation, whichever instance goes on with it',
  {
    recorded: () => recordedDeploy(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: rollingDeploy,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { world, said, last } = await playDeploy(scene, run, newProcess);
    const eventOf = (turn?: Turn) => scene.turns.find((one) => one.turn === turn)?.event;
    const answers = new Map(said.filter(({ answer }) => answer).map(({ turn, answer }) => [turn, answer]));
    const unheard = scene.turns.filter(({ turn }) => !answers.has(turn));
    const forgetful = scene.turns.filter(({ turn }) => {
      const told = world.callOf(answers.get(turn))?.messages.length;
      return told !== undefined && told - 1 < saidBefore(said, turn);
    });
    must(
      forgetful.length === 0,
      () =>
        `${forgetful.length} of ${scene.turns.length} turns were answered as if some of what was said before had never been said, after ${scene.restarts.length} restarts (first: ${which(forgetful[0]?.turn as Turn)}, ${saidBefore(said, forgetful[0]?.turn as Turn)} messages before it)`,
      eventOf(forgetful[0]?.turn),
    );
    must(
      unheard.length === 0,
      () => `${unheard.length} turns never got an answer (first: ${which(unheard[0]?.turn as Turn)})`,
      eventOf(unheard[0]?.turn),
    );
    for (const conversation of new Set(scene.turns.map(({ turn }) => turn.conversation))) {
      const turns = scene.turns.map(({ turn }) => turn).filter((turn) => turn.conversation === conversation);
      mustBeOneConversation(world, await historyOf(run, last, turns[0] as Turn), turns);
    }
  },
  { startAt: BEGINS },
);

behaviour(
  'spread',
  'turns of a conversation that go to any instance in any order get what one instance would give',
  async (run) => {
    const { seed } = run;
    const at = await cluster(run, between(seed, 'instances', 1, 3));
    const shared = await newProcess();
    for (let n = 0; n < 2; n++) await at.start(shared);
    const all = ['c-1', 'c-2'].map((name) => turnsOf(seed, name, between(seed, `turns ${name}`, 4, 7)));
    const order = shuffled(
      seed,
      'order',
      all.flatMap((turns, n) => turns.map(() => n)),
    );
    const left = all.map((turns) => [...turns]);
    const counted = new Map<string, Turn[]>();
    for (const n of order) {
      const turn = left[n]?.shift() as Turn;
      const answer = mustAnswer(at, await at.say(turn));
      const turns = [...(counted.get(turn.conversation) ?? []), turn];
      counted.set(turn.conversation, turns);
      const history = await historyOf(run, at.any(`history after ${turn.text}`), turn);
      mustBeOneConversation(at.world, history, turns);
      must(
        history.at(-1)?.text === answer,
        () => `${which(turn)} was answered ${json(answer)}, and the history says ${json(history.at(-1)?.text)}`,
      );
    }
  },
);

behaviour('newcomer', 'an instance that starts in the middle of a conversation goes on with it', async (run) => {
  const { seed } = run;
  const at = await cluster(run, 1);
  const turns = turnsOf(seed, 'c-1', 6);
  const none = await historyOf(run, at.first, { ...(turns[0] as Turn), conversation: 'c-never' });
  must(none.length === 0, () => `a conversation that never was has the history ${json(none)}`);
  const cut = between(seed, 'cut', 1, 5);
  let present = at.first;
  for (const [n, turn] of turns.entries()) {
    if (n === cut || n === 5) {
      present.kill();
      present = await at.start();
    }
    mustAnswer(at, await at.say(turn, present));
    mustBeOneConversation(at.world, await historyOf(run, present, turn), turns.slice(0, n + 1));
  }
});

behaviour(
  'again',
  'a turn that was answered and is sent again gets the same answer, wherever it comes to',
  async (run) => {
    const { seed } = run;
    const at = await cluster(run, 2);
    const turns = turnsOf(seed, 'c-1', between(seed, 'turns', 3, 5));
    const answers: string[] = [];
    for (const turn of turns) answers.push(mustAnswer(at, await at.say(turn)));
    const newcomer = await at.start();
    for (const [n, turn] of shuffled(seed, 'again', [...turns.entries()])) {
      for (const instance of [at.any(`again ${turn.id}`), newcomer]) {
        const answer = mustAnswer(at, await at.say(turn, instance));
        must(
          answer === answers[n],
          () =>
            `${which(turn)} was answered ${json(answers[n])}; sent again to ${instance.name} it got ${json(answer)}`,
        );
      }
    }
    const asked = at.world.calls.filter(({ instance }) => instance === newcomer.name).length;
    must(
      asked === 0,
      `${turns.length} turns had been answered; sent to a new instance, they took ${asked} calls of the model`,
    );
    const yes = ['yes', 'yes-again'].map((id) => ({ ...(turns[0] as Turn), id, text: 'Yes.' }));
    for (const turn of yes) mustAnswer(at, await at.say(turn));
    mustBeOneConversation(at.world, await historyOf(run, at.second, turns[0] as Turn), [...turns, ...yes]);
  },
);

behaviour(
  'killed',
  'an instance killed in a request is replaced by any other, at whatever point it died',
  async (run) => {
    for (const port of ['load', 'handbook', 'complete', 'save'] as const) {
      for (const when of ['before', 'after'] as const) {
        // An answer may save more than once: at the first such moment, at the second, …
        for (let nth = 1; nth < (port === 'save' ? 5 : 2) && (await diesAt(run, { port, when }, nth)); nth++);
      }
    }
  },
);

/** False where the turn was over without an nth such moment. */
async function diesAt(run: Run, { port, when }: Omit<Moment<Port>, 'process'>, nth: number): Promise<boolean> {
  const at = await cluster(run, 2);
  const { world, first: doomed, second: other } = at;
  const turns = turnsOf(run.seed, `c-${port}-${when}`, 3);
  const [begun, fatal, last] = turns as [Turn, Turn, Turn];
  mustAnswer(at, await at.say(begun, other));
  let seen = 0;
  world.interfere = (moment) => {
    if (moment.process === doomed && moment.port === port && moment.when === when && ++seen === nth) doomed.kill();
    return undefined;
  };
  const lost = await at.say(fatal, doomed);
  const next = await at.start();
  const before = await historyOf(run, next, begun);
  const answer = mustAnswer(at, await at.say(fatal, next));
  const asked = world.calls.filter(({ instance }) => instance === next.name).length;
  const kept = lost.answer ?? before[3]?.text;
  must(
    kept === undefined || (answer === kept && asked === 0),
    () =>
      `${which(fatal)} had been answered ${json(kept)} when its instance died (${when} ${port}); sent again it got ${json(answer)}, and the model was asked ${asked} times`,
  );
  mustAnswer(at, await at.say(last, next));
  mustBeOneConversation(world, await historyOf(run, await at.start(), begun), turns);
  return !doomed.alive;
}

behaviour(
  'twice-at-once',
  'a turn that two instances have at the same time is one turn with one answer',
  async (run) => {
    const { seed, clock } = run;
    const at = await cluster(run, 2);
    const turns = turnsOf(seed, 'c-1', 3);
    for (const turn of turns) {
      const [one, other] = [at.first, pick(seed, `other ${turn.id}`, [at.second, at.first])];
      const said = [one.say(turn)];
      await clock.advance(between(seed, `later ${turn.id}`, 0, 900));
      said.push(other.say(turn));
      await clock.advance(A_WHILE);
      const [a, b] = said.map((each) => mustAnswer(at, each));
      must(
        a === b,
        () => `${which(turn)} was at ${one.name} and at ${other.name}, and was answered ${json(a)} and ${json(b)}`,
      );
    }
    mustBeOneConversation(at.world, await historyOf(run, await at.start(), turns[0] as Turn), turns);
  },
);

behaviour(
  'both-count',
  'turns said at the same time on several instances are all answered, each knowing of those before it',
  async (run) => {
    const { seed, clock } = run;
    const at = await cluster(run, 3);
    const turns = turnsOf(seed, 'c-1', between(seed, 'turns', 3, 5));
    mustAnswer(at, await at.say(turns[0] as Turn));
    const said: Said[] = [];
    for (const turn of turns.slice(1)) {
      said.push(at.any(`at once ${turn.id}`).say(turn));
      await clock.advance(between(seed, `gap ${turn.id}`, 0, 400));
    }
    await clock.advance(A_WHILE);
    const answers = said.map((each) => mustAnswer(at, each));
    const history = await historyOf(run, at.any('history'), turns[0] as Turn);
    mustBeOneConversation(at.world, history, turns);
    const other = said.find(({ turn }, n) => !isAnswered(history, turn, answers[n]));
    must(
      !other,
      () => `${which(other?.turn as Turn)} was answered ${json(other?.answer)}, and the history says otherwise`,
    );
  },
);
const isAnswered = (history: readonly Message[], { text }: Turn, answer?: string) =>
  history[history.findIndex((message) => message.text === text) + 1]?.text === answer;

behaviour('apart', 'no conversation knows of another, of the same tenant or of another one', async (run) => {
  const { seed, clock } = run;
  const at = await cluster(run, 2);
  const [x, y] = [pick(seed, 'x', ['acme', 'globex']), pick(seed, 'y', ['eu', 'de'])];
  const marks = [':', '/', '-', pick(seed, 'mark', ['|', '.', '#', '\0', '","', ' ', '', '_'])];
  const names = marks.flatMap((mark) => [
    [x, `${y}${mark}7`],
    [`${x}${mark}${y}`, '7'],
  ]);
  // Turns and editions are called the same everywhere.
  const all = [...names, [y, `${y}:7`], [x, '7'], ['7', x]].map(([tenant = '', conversation = '']) =>
    turnsOf(seed, conversation, 2, { tenant }),
  );
  for (const n of [0, 1]) {
    const said = all.map((turns) => at.any(`${turns[n]?.text}`).say(turns[n] as Turn));
    await clock.advance(A_WHILE);
    for (const each of said) mustAnswer(at, each);
  }
  for (const turns of all) mustBeOneConversation(at.world, await historyOf(run, at.second, turns[0] as Turn), turns);
});

behaviour('failed', 'a turn that fails is told why, has not been said, and can be sent again', async (run) => {
  const { seed } = run;
  for (const port of ['load', 'handbook', 'complete', 'save'] as const) {
    const at = await cluster(run, 2);
    const [first, second, third] = turnsOf(seed, `c-${port}`, 3, { edition: `2026-0${between(seed, port, 1, 4)}` }) as [
      Turn,
      Turn,
      Turn,
    ];
    const when = port === 'save' ? pick(seed, 'save', ['before', 'after']) : 'before';
    const code = pick(seed, `code ${port}`, ['ECONNRESET', 'ETIMEDOUT', 'EPIPE']);
    at.world.interfere = (moment) =>
      moment.port === port && moment.when === when ? Object.assign(new Error(`${port}: ${code}`), { code }) : undefined;
    const said = await at.say(first, at.first);
    at.world.interfere = () => undefined;
    must(said.endedAt !== undefined, `${port} failed (${code}), and ${which(first)} never ended`);
    must(
      said.failure?.code === code,
      () => `${port} failed with ${code}; ${which(first)} was answered ${json(said.answer)} or told ${said.failure}`,
    );
    const counted = when === 'after' ? [first] : [];
    mustBeOneConversation(at.world, await historyOf(run, at.second, first), counted);
    for (const turn of shuffled(seed, port, [first, second])) {
      mustAnswer(at, await at.say(turn, at.first));
      if (!counted.includes(turn)) counted.push(turn);
    }
    mustAnswer(at, await at.say(third, at.second));
    mustBeOneConversation(at.world, await historyOf(run, at.second, first), [...counted, third]);
  }
});

behaviour('side-by-side', 'conversations do not wait for one another', async (run) => {
  const { seed, clock } = run;
  const at = await cluster(run, 1);
  const said = Array.from({ length: 12 }, (_, n) => at.first.say(turnsOf(seed, `c-${n}`, 1)[0] as Turn));
  await clock.advance(10_000);
  for (const each of said) mustAnswer(at, each);
});

behaviour('memory', 'ten thousand conversations leave an instance as it was', async ({ seed }) => {
  // Collecting the garbage takes its time: once a run.
  if (seed !== seeds()[0]) return;
  const create = await newProcess();
  const { ports, forget } = bareWorld();
  const conversations = create(ports);
  const serve = async (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      const id = `message-${n}@mail.example.com`.padStart(100, '0');
      const tenant = `tenant-${n % 5_000}`;
      const turn = { id, tenant, conversation: `c-${id}`, text: `${n}`, edition: '2026-05' };
      await conversations.say(turn);
      if (n % 10 === 0) await conversations.history(tenant, turn.conversation);
      forget();
    }
  };
  await serve(0, 1_000);
  const before = heldBytes();
  await serve(1_000, 11_000);
  const grown = (heldBytes() - before) / 1024;
  must(
    grown < 1_024,
    `after 10,000 conversations an instance holds ${Math.round(grown)} KB more than before; an answer has 2 KB, a handbook too`,
  );
});

/** Ports that answer at once. `forget` empties the store, so that only what an instance holds is left. */
function bareWorld(): { ports: ConversationPorts; forget: () => void } {
  const stored = new Map<string, { value: unknown; version: number }>();
  let calls = 0;
  const page = Buffer.alloc(2_048, 'x');
  const text = (begins: string) => {
    page.write(begins);
    return page.toString('latin1');
  };
  const ports: ConversationPorts = {
    store: {
      load: async (key) => stored.get(key),
      save: async (key, value, expected) => {
        stored.set(key, { value, version: expected + 1 });
        return { version: expected + 1 };
      },
    },
    handbook: async (tenant, edition) => text(`${tenant} ${edition}`),
    complete: async () => text(`answer ${++calls}`),
  };
  return { ports, forget: () => stored.clear() };
}

tradeOff(
  'what can be had again at any time may be kept: no instance reads a handbook for each turn, or keeps the wrong one',
  async (run) => {
    const { seed } = run;
    const at = await cluster(run, 3);
    const instances = [at.first, at.second, await at.start()];
    const [old, present] = pick(seed, 'editions', [
      ['2026-04', '2026-05'],
      ['2025-12', '2026-05'],
    ]) as [string, string];
    const tenants = ['acme', 'globex'];
    const changesAt = between(seed, 'changes', 4, 8);
    const all = tenants.map((tenant) =>
      turnsOf(seed, 'c-1', 12, { tenant }).map((turn, n) => ({ ...turn, edition: n < changesAt ? old : present })),
    );
    // One that is not there for a moment is asked for again.
    const failing = instances[between(seed, 'failing', 0, 2)] as Instance;
    let failures = 1;
    at.world.interfere = ({ process, port, when }) =>
      process === failing && port === 'handbook' && when === 'before' && failures-- > 0
        ? Object.assign(new Error('503 from the handbook service'), { code: 'UNAVAILABLE' })
        : undefined;
    for (let n = 0; n < 12; n++) {
      for (const turns of all) {
        const turn = turns[n] as Turn;
        const instance = instances[Math.floor(roll(seed, `${turn.tenant} ${n}`) * 3)] as Instance;
        const said = await at.say(turn, instance);
        mustAnswer(at, said.failure?.code === 'UNAVAILABLE' ? await at.say(turn, instance) : said);
      }
    }
    const reads = at.world.reads.length;
    const enough = instances.length * tenants.length * 2 + 1;
    must(
      reads <= enough,
      `${instances.length} instances answered 24 turns by 4 editions of the handbooks, and read them ${reads} times; ${enough} are enough`,
    );
    for (const turns of all) mustBeOneConversation(at.world, await historyOf(run, at.second, turns[0] as Turn), turns);
  },
);
