import { TAMPERINGS, type Tampering } from '#answerdesk/simulation/disk.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { RECORDED_SEED } from './script.ts';

/** Something that two desks may do at once. Times in milliseconds since the scene began. */
export interface Deed {
  at: number;
  log: string;
  type: string;
  by: string;
  why: string;
  tokens: number;
  personal?: { subject: string; data: { mail: string; question: string } };
  /** The other desk does something to the same log at the same time. */
  meanwhile?: string;
  event?: number;
}
export interface Harm {
  log: string;
  how: Tampering;
  entry: number;
  event?: number;
}
export interface Night {
  seed: number;
  deeds: readonly Deed[];
  /** What somebody does to the files at 02:31, one to a log. */
  harms: readonly Harm[];
  /** Who asks to be forgotten in the morning. */
  erased: string;
}

const TYPES = ['QuestionAccepted', 'JobClaimed', 'AnswerWritten', 'AnswerDelivered', 'AnswerWithdrawn'] as const;
const LOGS = 14;
const PEOPLE = ['ada', 'bo', 'chidi', 'dana'] as const;

/** Fourteen questions, four to seven deeds each; in a deploy two desks often hold the same one. */
export function auditedNight(seed: number): Night {
  const logs = Array.from({ length: LOGS }, (_, n) => `question-${n + 1}`);
  const lengths = new Map(logs.map((log) => [log, between(seed, `length ${log}`, 4, 7)]));
  const deeds = logs.flatMap((log) => {
    const subject = pick(seed, `asker ${log}`, PEOPLE);
    return Array.from({ length: lengths.get(log) ?? 0 }, (_, n): Deed => {
      const name = `${log} ${n}`;
      const question = `Where is order ${between(seed, `order ${log}`, 10_000, 99_999)}?`;
      return {
        at: n * 20_000 + between(seed, `at ${name}`, 0, 19_000),
        log,
        type: TYPES[Math.min(n, TYPES.length - 1)] as string,
        by: `worker ${between(seed, `by ${name}`, 1, 4)}`,
        why: n === 0 ? 'asked' : 'next step',
        tokens: between(seed, `tokens ${name}`, 0, 900),
        ...(n === 0 && { personal: { subject, data: { mail: `${subject}@example.org`, question } } }),
        ...(n > 0 &&
          roll(seed, `meanwhile ${name}`) < 0.25 && { meanwhile: pick(seed, name, ['JobTakenOver', 'JobFailed']) }),
      };
    });
  });
  const harms = logs
    .filter((log) => roll(seed, `harmed ${log}`) < 0.5)
    .map((log): Harm => {
      const entry = between(seed, `entry ${log}`, 1, (lengths.get(log) ?? 4) - 2);
      return { log, how: pick(seed, `how ${log}`, TAMPERINGS), entry };
    });
  const erased = pick(seed, 'erased', PEOPLE);
  return { seed, deeds: deeds.sort((a, b) => a.at - b.at), harms, erased };
}

/** The scene from its recording. */
export function recordedNight({ events, at }: Recording): Night {
  const of = (type: string) => events.filter((event) => event.type === type);
  return {
    seed: RECORDED_SEED,
    deeds: of('DeedDone').map((event) => ({ ...(event.data as unknown as Deed), at: at(event), event: event.id })),
    harms: of('LogTampered').map((event) => ({ ...(event.data as unknown as Harm), event: event.id })),
    erased: String(of('ErasureAsked')[0]?.data['subject']),
  };
}
