import type { CreateConversations, Turn } from '#answerdesk/seams/conversation.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { ConversationWorld, type Instance, type Said, turnsOf } from '#answerdesk/simulation/conversation-world.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** Ten minutes of a rolling deploy that restarts each of four instances twice. Times in ms since it began. */
export interface RollingDeploy {
  seed: number;
  /** What the askers say, each in a conversation that goes on for some minutes. */
  turns: readonly { at: number; turn: Turn; event?: number }[];
  restarts: readonly Restart[];
  until: number;
}
interface Restart {
  instance: string;
  stops: number;
  starts: number;
  event?: number;
}

export const INSTANCES = ['worker-1', 'worker-2', 'worker-3', 'worker-4'] as const;
const MINUTE = 60_000;
/** An asker whose connection broke, or who heard nothing for 30 s, says it again. */
const SAID_AGAIN_MS = 2_000;
const PATIENCE_MS = 30_000;

export function rollingDeploy(seed: number): RollingDeploy {
  const turns = Array.from({ length: 22 }, (_, n) => `c-${String(n + 1).padStart(2, '0')}`).flatMap((conversation) => {
    let at = between(seed, `begins ${conversation}`, 0, 5 * MINUTE);
    return turnsOf(seed, conversation, between(seed, `turns ${conversation}`, 3, 6)).map((turn) => {
      const said = { at, turn };
      at += between(seed, `next ${conversation} ${turn.id}`, 20_000, 70_000);
      return said;
    });
  });
  turns.sort((a, b) => a.at - b.at);
  const restarts = [0, 1].flatMap((round) =>
    INSTANCES.map((instance, n) => {
      const planned = 25_000 + round * 4 * MINUTE + n * 40_000;
      // Nobody waits for what is under way: most often it is an answer.
      const at = turns.find((said) => said.at > planned && homeOf(seed, said.turn) === instance)?.at ?? planned;
      const stops = at + between(seed, `stops ${instance} ${round}`, 300, 1_800);
      return { instance, stops, starts: stops + between(seed, `starts ${instance} ${round}`, 6_000, 10_000) };
    }),
  );
  return { seed, turns, restarts, until: 12 * MINUTE };
}

const homeOf = (seed: number, { conversation }: Turn) => pick(seed, `home ${conversation}`, INSTANCES);

/** The same night from its recording. */
export function recordedDeploy({ events, at }: Recording): RollingDeploy {
  const starts = events.filter(({ type }) => type === 'InstanceStarted');
  return {
    seed: RECORDED_SEED,
    turns: events
      .filter(({ type }) => type === 'TurnSaid')
      .map((event) => ({ at: at(event), turn: event.data['turn'] as Turn, event: event.id })),
    restarts: events
      .filter(({ type }) => type === 'InstanceStopped')
      .map((event) => {
        const instance = event.data['instance'] as string;
        const next = starts.find((start) => start.id > event.id && start.data['instance'] === instance);
        return { instance, stops: at(event), starts: next ? at(next) : Infinity, event: event.id };
      }),
    until: 12 * MINUTE,
  };
}

/**
 * Plays the night. The balancer sends a conversation to the instance that had it first, and while that one is down to
 * the next. `newProcess` gives each instance, and each one that follows it, a process of its own.
 */
export async function playDeploy(
  scene: RollingDeploy,
  { clock, history }: Run,
  newProcess: () => Promise<CreateConversations>,
): Promise<{ world: ConversationWorld; said: Said[]; last: Instance }> {
  const world = new ConversationWorld(scene.seed, clock.now);
  const lives = new Map<string, CreateConversations[]>(INSTANCES.map((name) => [name, []]));
  for (const created of lives.values()) for (let life = 0; life < 3; life++) created.push(await newProcess());
  const born = (name: string) => world.instance(name, lives.get(name)?.shift() as CreateConversations);
  const up = new Map<string, Instance>(INSTANCES.map((name) => [name, born(name)]));
  const said: Said[] = [];

  const instanceFor = (turn: Turn): Instance => {
    const home = INSTANCES.indexOf(homeOf(scene.seed, turn));
    const [name] = [...INSTANCES.slice(home), ...INSTANCES].filter((one) => up.has(one));
    return up.get(name ?? '') as Instance;
  };
  const note = (stream: string, type: string, data: object, causationId?: number) =>
    history.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });

  const send = (turn: Turn, causedBy: number, tries = 3) => {
    const stream = `conversation-${turn.conversation}`;
    const outcome = instanceFor(turn).say(turn, ({ instance, answer, failure }) => {
      const heard = (world.callOf(answer)?.messages.length ?? 1) - 1;
      const data = { turn: turn.id, instance: instance.name };
      if (failure) note(stream, 'TurnFailed', { ...data, reason: failure.code ?? failure.message }, causedBy);
      else note(stream, 'TurnAnswered', { ...data, heard, saidBefore: saidBefore(said, turn) }, causedBy);
    });
    said.push(outcome);
    const again = () => {
      const { endedAt, failure } = outcome;
      if ((endedAt !== undefined && !failure) || tries === 1) return;
      send(
        turn,
        note(stream, 'TurnSaidAgain', { turn: turn.id, instance: instanceFor(turn).name }, causedBy),
        tries - 1,
      );
    };
    const broken = setInterval(() => {
      const waited = clock.now() - outcome.at;
      if (outcome.instance.alive && outcome.endedAt === undefined && waited < PATIENCE_MS) return;
      clearInterval(broken);
      again();
    }, SAID_AGAIN_MS);
  };

  arriveInTurn(
    [
      ...scene.turns.map(({ at, turn }) => ({
        at,
        happen: () => send(turn, note(`conversation-${turn.conversation}`, 'TurnSaid', { turn })),
      })),
      ...scene.restarts.flatMap(({ instance, stops, starts }) => [
        {
          at: stops,
          happen: () => {
            up.get(instance)?.kill();
            up.delete(instance);
            note(instance, 'InstanceStopped', { instance });
          },
        },
        {
          at: starts,
          happen: () => {
            up.set(instance, born(instance));
            note(instance, 'InstanceStarted', { instance });
          },
        },
      ]),
    ],
    ({ happen }) => void happen(),
  );
  await clock.advance(scene.until);
  const editions = new Set(world.reads.map(({ tenant, edition }) => `${tenant} ${edition}`)).size;
  note('handbooks', 'HandbookReadsCounted', { reads: world.reads.length, editions });
  return { world, said, last: up.get('worker-1') as Instance };
}

/** Messages of the turn's conversation that had been said and answered when this turn was said. */
export function saidBefore(said: readonly Said[], { tenant, conversation, id }: Turn): number {
  const first = said.find(({ turn }) => turn.tenant === tenant && turn.conversation === conversation && turn.id === id);
  const before = said.filter(
    ({ turn, endedAt = Infinity, answer }) =>
      turn.tenant === tenant &&
      turn.conversation === conversation &&
      turn.id !== id &&
      answer !== undefined &&
      endedAt <= (first?.at ?? 0),
  );
  return 2 * new Set(before.map(({ turn }) => turn.id)).size;
}
