import type { CommandRequest, CreateIdempotency, IdempotencyPolicy, Reply } from '#answerdesk/seams/idempotency.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { type CommandWorld, commandWorld, type Submission } from '#answerdesk/simulation/submitting-commands.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** A question that an app sends, under one key however often. */
export interface AppCommand {
  id: string;
  /** Milliseconds since the scene began. */
  at: number;
  tenant: string;
  key: string;
  text: string;
  /** Its user presses Send again so long after the first time. */
  pressedAgainAfterMs?: number;
  /** The id of the command that its key was used for before. */
  keyOf?: string;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}
export interface Outage {
  from: number;
  to: number;
}
export interface AppMorning {
  seed: number;
  commands: readonly AppCommand[];
  /** The model answers 503 at once: nothing is done. */
  outages: readonly Outage[];
  until: number;
}
export interface Sent extends AppCommand {
  submissions: Submission[];
  /** What reached its app before the gateway cut. */
  received: Reply[];
}

/** The gateway cuts a request after this. */
export const GATEWAY_CUTS_AFTER_MS = 5_000;
const MOST_SENDS = 12;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella', 'hooli'] as const;

/** Twenty questions within a minute and a half, each answered in 3 to 6.5 s; two come under a used key. */
export function appMorning(seed: number): AppMorning {
  const sent = new Map<string, number>();
  const commands = Array.from({ length: 20 }, (_, n): AppCommand => {
    const id = `c-${String(n + 1).padStart(2, '0')}`;
    const tenant = pick(seed, `tenant ${id}`, TENANTS);
    // The app counts what it sends: other tenants' apps count the same.
    const count = (sent.get(tenant) ?? 0) + 1;
    sent.set(tenant, count);
    const again = roll(seed, `again ${id}`) < 0.3;
    return {
      id,
      at: 1_000 + n * 3_500 + between(seed, `at ${id}`, 0, 3_000),
      tenant,
      key: `send-${count}`,
      text: `Where is order ${between(seed, `order ${id}`, 10_000, 99_999)}?`,
      ...(again && { pressedAgainAfterMs: between(seed, `after ${id}`, 700, 3_000) }),
    };
  });
  const reused = [3, 11].map((n): AppCommand => {
    const { tenant, key, at, id } = commands[between(seed, `reused ${n}`, n - 3, n + 3)] as AppCommand;
    return { id: `c-${n + 50}`, at: at + 40_000, tenant, key, text: 'What does the plan cost?', keyOf: id };
  });
  const from = between(seed, 'outage', 30, 60) * 1_000;
  return { seed, commands: [...commands, ...reused], outages: [{ from, to: from + 5_000 }], until: 200_000 };
}

/** Another morning with every second of its questions: as telling, and half the work. The recorded one whole. */
export function shorterMorning(seed: number): AppMorning {
  const morning = appMorning(seed);
  if (seed === RECORDED_SEED) return morning;
  const commands = morning.commands.filter(({ keyOf }, n) => keyOf === undefined && n % 2 === 0);
  const reused = morning.commands.filter(({ keyOf }) => commands.some(({ id }) => id === keyOf));
  return { ...morning, commands: [...commands, ...reused] };
}

/** The same morning from its recording. */
export function recordedAppMorning({ events, at }: Recording): AppMorning {
  const of = (type: string) => events.filter((event) => event.type === type);
  const commands = of('AppSent').map((event) => ({
    ...(event.data['command'] as Omit<AppCommand, 'at'>),
    at: at(event),
    event: event.id,
  }));
  const ends = of('ModelOutageEnded').map(at);
  const outages = of('ModelOutageBegan').map((event, n) => ({ from: at(event), to: ends[n] ?? Infinity }));
  return { ...appMorning(RECORDED_SEED), commands, outages };
}

export const requestOf = ({ tenant, key, text }: AppCommand): CommandRequest => ({
  tenant,
  method: 'POST',
  path: '/answers',
  key,
  body: { text, from: { app: 'mobile', version: 41 } },
});

/** Plays such a morning on one process. Apps send again what was cut off, and what was refused for the moment. */
export async function playAppMorning(
  { seed, commands, outages, until }: AppMorning,
  run: Run,
  create: CreateIdempotency,
  policy: IdempotencyPolicy,
  schema: string,
): Promise<{ sent: Sent[]; world: CommandWorld }> {
  const { clock, history } = run;
  const note = (stream: string, type: string, data: object) => history.record({ stream, type, data });
  const world = commandWorld(run, policy, schema);
  const idOf = ({ tenant, key = '', body }: CommandRequest) =>
    commands.find((one) => one.tenant === tenant && one.key === key && requestText(body) === one.text)?.id ?? key;
  const api = world.process('api', create, {
    emitted: ({ type, data }) => void note(`${data.tenant}/${data.key}`, type, data),
    did: ({ request, job }) => void note(idOf(request), 'AnswerBilled', { command: idOf(request), job }),
  });
  const sent = commands.map((command): Sent => ({ ...command, submissions: [], received: [] }));

  const send = async (one: Sent): Promise<number | undefined> => {
    const outage = outages.some(({ from, to }) => clock.now() >= from && clock.now() < to);
    const ms = between(seed, `takes ${one.id} ${Math.floor(clock.now() / 1_000)}`, 3_000, 6_500);
    const plan = outage ? { ms: 200, status: 503, done: false } : { ms: 100, afterMs: ms };
    const submission = api.submit(requestOf(one), plan);
    one.submissions.push(submission);
    await Promise.race([submission.over, pause(GATEWAY_CUTS_AFTER_MS)]);
    const { reply } = submission;
    if (!reply) note(one.id, 'AppCutOff', { command: one.id });
    else {
      one.received.push(reply);
      note(one.id, 'AppAnswered', { command: one.id, status: reply.status });
    }
    return reply?.status;
  };
  const byApp = async (one: Sent) => {
    const { at: _, event: __, submissions: ___, received: ____, ...command } = one;
    note(one.id, 'AppSent', { command });
    for (let n = 1; n <= MOST_SENDS; n++) {
      if (n > 1) note(one.id, 'AppSentAgain', { command: one.id, send: n });
      const status = await send(one);
      if (status !== undefined && status !== 409 && status !== 503) return;
      await pause(between(seed, `pause ${one.id} ${n}`, 300, 900) * (status === undefined ? 1 : 3));
    }
    note(one.id, 'AppGaveUp', { command: one.id });
  };
  const byHand = async (one: Sent) => {
    if (one.pressedAgainAfterMs === undefined) return;
    await pause(one.pressedAgainAfterMs);
    note(one.id, 'SendPressed', { command: one.id });
    await send(one);
  };

  arriveInTurn(
    [
      ...outages.flatMap(({ from, to }) => [
        { at: from, happen: () => void note('model', 'ModelOutageBegan', {}) },
        { at: to, happen: () => void note('model', 'ModelOutageEnded', {}) },
      ]),
      ...sent.flatMap((one) => [
        { at: one.at, happen: () => void byApp(one) },
        { at: one.at, happen: () => void byHand(one) },
      ]),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(until);
  return { sent, world };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const requestText = (body: unknown) => (body as { text?: string }).text;
