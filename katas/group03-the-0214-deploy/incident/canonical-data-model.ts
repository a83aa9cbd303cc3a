import type { CanonicalQuestion, Channels, CreateChannels, InvalidInput } from '#answerdesk/seams/channels.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import { breakable, broken } from '#answerdesk/simulation/channel-breakages.ts';
import { differences, misread, plain } from '#answerdesk/simulation/channel-comparison.ts';
import { CHANNELS, type ChannelName, type Facts, factsOf, messageOf } from '#answerdesk/simulation/channel-messages.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from './script.ts';

/** The questions of the night. At a restart those in memory are handed back to their channels, which ask again. */
export interface Night {
  arrivals: readonly Arrival[];
  /** Two restarts of all workers. Times in milliseconds since the scene began. */
  restarts: readonly { at: number; event?: number }[];
  until: number;
}
export interface Arrival {
  at: number;
  id: string;
  channel: ChannelName;
  message: unknown;
  facts: Facts;
  /** Where the message is malformed. */
  broken?: string;
  /** How long a worker has the question in memory. */
  worksMs: number;
  event?: number;
}
/** What became of a message, each time it was handed in. */
export interface Reading {
  arrival: Arrival;
  /** 1 at first, 2 after it was handed back. */
  time: number;
  question?: CanonicalQuestion;
  /** Parts of the question that aren't what the message says. */
  misread: string[];
  refusal?: Partial<InvalidInput>;
  event?: number;
}
export interface HandBack {
  arrival: Arrival;
  /** Where the message isn't the one that came. */
  changed: string[];
  event: number;
}

const MINUTE = 60_000;
const ASKS_AGAIN_MS = 10_000;

export function night(seed: number): Night {
  const arrivals: Arrival[] = [];
  for (let at = 1_000, n = 1; at < 8 * MINUTE; at += between(seed, `gap ${n}`, 5_000, 12_000), n++) {
    const name = String(n).padStart(3, '0');
    const channel = pick(seed, `channel ${name}`, CHANNELS);
    const message = messageOf(seed, channel, factsOf(seed, name, BEGINS + at));
    const malformed = roll(seed, `malformed ${name}`) < 0.06;
    const fields = breakable(channel).filter((field) => !field.includes('.0'));
    const fault = malformed && broken(seed, name, message, pick(seed, `field ${name}`, fields as [string]));
    arrivals.push({
      at,
      id: message.facts.id,
      channel,
      message: fault ? fault.raw : message.raw,
      facts: message.facts,
      ...(fault && { broken: fault.field }),
      worksMs: between(seed, `works ${name}`, 60_000, 240_000),
    });
  }
  const restarts = [2, 6].map((minute) => ({ at: minute * MINUTE + between(seed, `restart ${minute}`, 0, MINUTE) }));
  return { arrivals, restarts, until: 10 * MINUTE };
}

/** The same night from its recording. */
export function recordedNight({ events, at }: Recording): Night {
  const script = night(RECORDED_SEED);
  const all = (type: string) => events.filter((event) => event.type === type);
  return {
    ...script,
    arrivals: all('MessageArrived').flatMap((event) => {
      const known = script.arrivals.find(({ id }) => id === event.stream);
      return known ? [{ ...known, at: at(event), message: event.data['message'], event: event.id }] : [];
    }),
    restarts: all('IntakeRestarted').map((event) => ({ at: at(event), event: event.id })),
  };
}

export async function playNight(scene: Night, { clock, history }: Run, createChannels: CreateChannels) {
  const readings: Reading[] = [];
  const handedBack: HandBack[] = [];
  const causes = new Map<string, number>();
  /** The workers' memory, as text. */
  let underWay = new Map<string, { arrival: Arrival; question: string }>();
  let channels: Channels = createChannels();

  const note = ({ id }: Arrival, type: string, data: object) => {
    const cause = causes.get(id);
    const event = history.record({ stream: id, type, data, ...(cause !== undefined && { causationId: cause }) });
    causes.set(id, event);
    return event;
  };
  const take = (arrival: Arrival, message: unknown, time: number) => {
    const { channel, facts } = arrival;
    try {
      const question = plain(channels.receive(channel, structuredClone(message))) as CanonicalQuestion;
      const wrong = misread(question, channel, facts);
      const event = wrong.length > 0 ? note(arrival, 'MessageMisread', { channel, parts: wrong }) : undefined;
      readings.push({ arrival, time, question, misread: wrong, ...(event !== undefined && { event }) });
      const work = { arrival, question: JSON.stringify(question) };
      underWay.set(arrival.id, work);
      setTimeout(() => underWay.get(arrival.id) === work && underWay.delete(arrival.id), arrival.worksMs);
    } catch (error) {
      const refusal = error as Partial<InvalidInput>;
      // An engine's own words differ from version to version.
      const { field = '', reason = refusal?.name ?? 'nothing' } = refusal ?? {};
      const event = note(arrival, 'MessageRefused', { channel, field, reason });
      readings.push({ arrival, time, misread: [], refusal, event });
    }
  };
  const handBack = ({ arrival, question }: { arrival: Arrival; question: string }) => {
    const message = written(channels, JSON.parse(question) as CanonicalQuestion);
    const changed = differences(arrival.message, message).sort();
    const event = note(arrival, 'MessageHandedBack', { channel: arrival.channel, changed });
    handedBack.push({ arrival, changed, event });
    setTimeout(() => {
      note(arrival, 'MessageArrivedAgain', { channel: arrival.channel });
      take(arrival, message, 2);
    }, ASKS_AGAIN_MS);
  };
  const restart = (n: number) => {
    const lost = [...underWay.values()];
    history.record({ stream: 'workers', type: 'IntakeRestarted', data: { restart: n, underWay: lost.length } });
    underWay = new Map();
    channels = createChannels();
    lost.forEach(handBack);
  };
  arriveInTurn(
    [
      ...scene.restarts.map(({ at }, n) => ({ at, happen: () => restart(n + 1) })),
      ...scene.arrivals.map((arrival) => ({
        at: arrival.at,
        happen: () => {
          note(arrival, 'MessageArrived', { channel: arrival.channel, message: arrival.message });
          take(arrival, arrival.message, 1);
        },
      })),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(scene.until);
  return { readings, handedBack };
}

/** What the channel gets; nothing where writing failed. */
function written(channels: Channels, question: CanonicalQuestion): unknown {
  try {
    return plain(channels.write(question));
  } catch {
    return undefined;
  }
}
