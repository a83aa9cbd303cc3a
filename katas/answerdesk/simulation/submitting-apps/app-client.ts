import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Submission } from '../../submissions.ts';
import type { Note } from '../world.ts';

/** A question that a user sends from an app. Times in milliseconds since the scene began. */
export interface AppQuestion {
  id: string;
  tenant: string;
  at: number;
  submission: Submission;
  /** Its `Idempotency-Key`: the app counts its tenant's sends. */
  key: string;
  /** The user presses Send again after this. The app makes another key for that, and its fields come in another order. */
  pressesAgainAfterMs?: number;
  /** Id of the earlier question that had this key: the app counted wrong. */
  keyUsedBy?: string;
}

/** The gateway gives up on a request after this. */
const GATEWAY_MS = 5_000;
const MOST_TRIES = 14;

/** The user presses Send, and perhaps once more. */
export async function send(app: FastifyInstance, question: AppQuestion, note: Note): Promise<void> {
  const { id, tenant, submission, key, pressesAgainAfterMs, keyUsedBy } = question;
  const sent = note(`question-${id}`, 'QuestionSent', { question: id, tenant, ...(keyUsedBy && { keyUsedBy }) });
  const first = press(app, question, key, submission, note, sent);
  if (pressesAgainAfterMs === undefined) return first;
  await sleep(pressesAgainAfterMs);
  note(`question-${id}`, 'SendPressedAgain', { question: id }, sent);
  await Promise.all([first, press(app, question, `${key}-again`, turned(submission), note, sent)]);
}

/** One press: the app submits it until an answer comes, always with the same key. */
async function press(
  app: FastifyInstance,
  { id, tenant }: AppQuestion,
  key: string,
  submission: Submission,
  note: Note,
  sent: number,
): Promise<void> {
  const stream = `question-${id}`;
  for (let n = 1; n <= MOST_TRIES; n++) {
    note(stream, 'QuestionSubmitted', { question: id, key, try: n }, sent);
    const response = await Promise.race([
      app.inject({
        method: 'POST',
        url: `/tenants/${tenant}/submissions`,
        // The gateway writes a request anew when it forwards it a second time.
        payload: n % 2 === 0 ? turned(submission) : submission,
        headers: { 'idempotency-key': key, 'x-request-id': `${key}-${n}`, 'x-sent-at': String(Date.now()) },
      }),
      sleep(GATEWAY_MS).then(() => undefined),
    ]);
    if (response?.statusCode === 200) {
      const { text } = response.json<{ text: string }>();
      note(stream, 'SubmissionAnswered', { question: id, key, text }, sent);
      return;
    }
    if (response?.statusCode === 422) {
      note(stream, 'SubmissionRefused', { question: id, key, status: 422 }, sent);
      return;
    }
    if (!response) note(stream, 'SubmissionCut', { question: id, key, afterMs: GATEWAY_MS }, sent);
    await sleep(1_000 + 250 * n);
  }
  note(stream, 'QuestionGivenUp', { questionId: id }, sent);
}

/** The same submission with its fields in another order, at every depth. */
export function turned<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([name, inner]) => [name, turned(inner as unknown)])) as T;
}
