import { createHash } from 'node:crypto';
import type { Answer, Question } from '#answerdesk/domain.ts';
import type {
  AskedQuestion,
  AskFor,
  CreateDeduplication,
  DeduplicationEvent,
  DeduplicationPolicy,
} from '#answerdesk/seams/deduplication.ts';
import { arriveInTurn } from '#answerdesk/simulation/asking.ts';
import type { Fault } from '#answerdesk/simulation/provider-model.ts';
import { type Call, providerPort } from '#answerdesk/simulation/provider-port.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import type { Run } from '#kit/suite.ts';
import { RECORDED_SEED } from './script.ts';

/** A question as it came: from a user's app, or as a message of the queue. */
export interface Submission {
  /** Milliseconds since the scene began. */
  at: number;
  question: AskedQuestion;
  messageId?: string;
  /** The acknowledgement of its message is lost; the queue brings it again so long after it was handled. */
  ackLostForMs?: number;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}
export interface Rush {
  seed: number;
  submissions: readonly Submission[];
  faults: readonly Fault[];
  until: number;
}

/** What became of a submission. */
export interface Submitted extends Submission {
  answers: Answer[];
  /** When each handling of its message began. */
  handlings: number[];
}

/** The gateway cuts a request after this, and the queue brings an unacknowledged message again. */
export const CUT_AFTER_MS = 5_000;
const MOST_SENDS = 3;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;
const TEXTS = [
  'When is my invoice due?',
  'Why does my invoice show two charges?',
  'Can I pay by bank transfer?',
  'How do I change the billing address?',
  'Where do I find the receipt for March?',
] as const;

/** Forty users ask the same within a second, then smaller crowds, single users and the mail queue. */
export function rush(seed: number): Rush {
  const crowd = (at: number, size: number, name: string): Submission[] => {
    const tenant = pick(seed, `tenant ${name}`, TENANTS);
    const text = pick(seed, `text ${name}`, TEXTS);
    return Array.from({ length: size }, (_, n) => {
      const id = `q-${name}-${n + 1}`;
      const spelt = roll(seed, `spelt ${id}`) < 0.3 ? `${text.toLowerCase()} ` : text;
      const agent = size > 1 && roll(seed, `agent ${id}`) < 0.15;
      const question: AskedQuestion = {
        id,
        tenant,
        model: 'sol-large',
        text: spelt,
        ...(agent && { audience: 'agents' }),
      };
      return { at: at + between(seed, `at ${id}`, 0, 999), question };
    });
  };
  const crowds = [40, 1, 6, 1, 3, 1].flatMap((size, n) =>
    crowd(4_000 + n * 12_000 + between(seed, `crowd ${n}`, 0, 4_000), size, `${n + 1}`),
  );
  const mails = Array.from({ length: 8 }, (_, n): Submission => {
    const [mail] = crowd(2_000 + n * 8_000 + between(seed, `mail ${n}`, 0, 5_000), 1, `mail-${n + 1}`);
    const lost = roll(seed, `lost ${n}`) < 0.3 && { ackLostForMs: between(seed, `for ${n}`, 20, 60) * 1_000 };
    return { ...(mail as Submission), messageId: `m-${n + 1}`, ...lost };
  });
  const failing = crowds.filter(({ question }) => question.id.startsWith('q-3-')).map(({ at }) => at);
  const from = Math.min(...failing) - 500;
  const submissions = [...crowds, ...mails].sort((a, b) => a.at - b.at);
  return { seed, submissions, faults: [{ from, to: from + 3_000, status: 503, latencyMs: 1_800 }], until: 180_000 };
}

/** The same rush from its recording. */
export function recordedRush({ events, at }: Recording): Rush {
  const submissions = events
    .filter(({ type }) => type === 'UserAsked' || type === 'MailQueued')
    .map((event) => ({ at: at(event), ...(event.data as unknown as Omit<Submission, 'at'>), event: event.id }));
  const ended = events.find(({ type }) => type === 'ProviderFaultEnded');
  const faults = events
    .filter(({ type }) => type === 'ProviderFaultBegan')
    .map((event) => {
      const { fault: _, ...what } = event.data;
      return { ...what, from: at(event), to: ended ? at(ended) : Infinity };
    });
  return { ...rush(RECORDED_SEED), submissions, faults };
}

/** What is asked, whoever asks it; case and spaces don't matter. */
export const identityOf = ({ model, text }: Question): string =>
  createHash('sha256')
    .update(JSON.stringify([model, text.trim().toLowerCase().replace(/\s+/g, ' ')]))
    .digest('hex');

/** Whose answer may be whose. */
export const kindOf = (question: AskedQuestion): string =>
  JSON.stringify([question.tenant, question.audience ?? '', identityOf(question)]);

/** What those documents say to that question. */
export const answerTo = (question: AskedQuestion): string =>
  `${question.tenant}'s ${question.audience ?? 'public'} documents on ${identityOf(question).slice(0, 8)}`;

/** Plays a rush: who is cut off or told of a failure asks again, and the queue brings again what wasn't acknowledged. */
export async function playRush(
  { seed, submissions, faults, until }: Rush,
  { clock, history }: Run,
  createDeduplication: CreateDeduplication,
  policy: DeduplicationPolicy,
): Promise<{ submitted: Submitted[]; calls: Call[] }> {
  const submitted = submissions.map((one): Submitted => ({ ...one, answers: [], handlings: [] }));
  const note = (stream: string, type: string, data: object) => history.record({ stream, type, data });
  const provider = providerPort({ seed, faults, healthyMs: 5_500 }, clock.now);
  const ask: AskFor = async (question, options) => {
    note(question.id, 'GenerationBilled', { questionId: question.id, call: provider.calls.length + 1 });
    await provider.ask(question, options);
    return { questionId: question.id, text: answerTo(question) };
  };
  const emit = ({ type, data }: DeduplicationEvent) =>
    void note(data.questionId ?? data.messageId ?? 'deduplication', type, data);
  const deduplication = createDeduplication({ ask, identityOf, emit }, { ...policy });

  const byApp = async (one: Submitted): Promise<void> => {
    const { question } = one;
    note(question.id, 'UserAsked', { question });
    for (let send = 1; send <= MOST_SENDS; send++) {
      if (send > 1) note(question.id, 'UserAskedAgain', { questionId: question.id, send });
      const cut = pause(CUT_AFTER_MS);
      const ending = await Promise.race([endingOf(deduplication.ask({ ...question })), cut]);
      if (ending?.answer) {
        one.answers.push(ending.answer);
        note(question.id, 'UserAnswered', { questionId: question.id, send });
        return;
      }
      await pause(between(seed, `again ${question.id} ${send}`, 300, ending ? 3_000 : 900));
    }
    note(question.id, 'UserGaveUp', { questionId: question.id });
  };

  const byQueue = async (one: Submitted): Promise<void> => {
    const { question, messageId = '', ackLostForMs } = one;
    note(messageId, 'MailQueued', { messageId, question, ackLostForMs });
    const handle = async () => {
      one.handlings.push(clock.now());
      const answer = await deduplication.ask({ ...question });
      one.answers.push({ ...answer });
      note(messageId, 'MailAnswered', { messageId, questionId: question.id });
    };
    let acknowledged = false;
    for (let delivery = 1; !acknowledged && delivery <= 6; delivery++) {
      if (delivery > 1) note(messageId, 'MailRedelivered', { messageId, delivery });
      const received = endingOf(deduplication.receive(messageId, handle)).then(({ answer }) => {
        acknowledged ||= answer !== undefined;
      });
      await Promise.race([received, pause(CUT_AFTER_MS)]);
      if (!acknowledged) await pause(50);
    }
    if (ackLostForMs === undefined) return;
    await pause(ackLostForMs);
    note(messageId, 'MailRedelivered', { messageId, delivery: 7 });
    await endingOf(deduplication.receive(messageId, handle));
  };

  arriveInTurn(
    [
      ...faults.flatMap(({ from, to, ...what }, n) => [
        { at: from, happen: () => void note('provider', 'ProviderFaultBegan', { fault: n + 1, ...what }) },
        { at: to, happen: () => void note('provider', 'ProviderFaultEnded', { fault: n + 1 }) },
      ]),
      ...submitted.map((one) => ({ at: one.at, happen: () => void (one.messageId ? byQueue(one) : byApp(one)) })),
    ],
    ({ happen }) => happen(),
  );
  await clock.advance(until);
  return { submitted, calls: provider.calls };
}

const pause = (ms: number) => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ms));

/** How a promise ended, without a rejection that nobody hears. */
async function endingOf<T>(promise: Promise<T>): Promise<{ answer?: T; failure?: Error }> {
  try {
    return { answer: await promise };
  } catch (error) {
    return { failure: error as Error };
  }
}
