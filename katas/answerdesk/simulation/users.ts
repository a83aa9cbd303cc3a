import type { FastifyInstance } from 'fastify';
import type { FullAnswer } from '../answering.ts';
import type { Arrival } from './asking.ts';
import type { Note } from './world.ts';

/** How a user's client behaves; times in milliseconds. */
export interface Patience {
  /** It hangs up on a request after this. */
  hangsUpAfterMs: number;
  /** Requests that it makes in all for one question. */
  asks: number;
  asksAgainAfterMs: number;
  pollEveryMs: number;
}
export const patience: Patience = { hangsUpAfterMs: 30_000, asks: 3, asksAgainAfterMs: 1_000, pollEveryMs: 2_000 };

const HUNG = Symbol('hung');
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks over HTTP as the web widget does: waits, hangs up, asks again; follows a receipt until the answer is there. */
export async function askOverHttp(app: FastifyInstance, { question }: Arrival, note: Note): Promise<void> {
  const stream = `question-${question.id}`;
  const asked = note(stream, 'QuestionAsked', { question });
  for (let ask = 1; ask <= patience.asks; ask++) {
    if (ask > 1) {
      await sleep(patience.asksAgainAfterMs);
      note(stream, 'QuestionAskedAgain', { questionId: question.id, ask }, asked);
    }
    const began = Date.now();
    const response = await within(
      patience.hangsUpAfterMs,
      app.inject({ method: 'POST', url: '/questions', payload: question }),
    );
    const data = { questionId: question.id, ms: Date.now() - began };
    if (response === HUNG) {
      note(stream, 'RequestHung', data, asked);
    } else if (response.statusCode === 200) {
      note(stream, 'AnswerDelivered', { ...data, ...saidOf(response.json<FullAnswer>()) }, asked);
      return;
    } else if (response.statusCode === 202) {
      note(stream, 'QuestionReceiptGiven', { ...data, job: response.headers.location }, asked);
      return follow(app, String(response.headers.location), question.id, began, note, asked);
    } else {
      note(stream, 'RequestFailed', { ...data, status: response.statusCode }, asked);
    }
  }
  note(stream, 'QuestionGivenUp', { questionId: question.id }, asked);
}

async function follow(app: FastifyInstance, url: string, questionId: string, began: number, note: Note, asked: number) {
  for (;;) {
    await sleep(patience.pollEveryMs);
    const job = (await app.inject({ url })).json<{ state?: string; answer?: FullAnswer }>();
    const data = { questionId, ms: Date.now() - began };
    if (job.state === 'done' && job.answer) {
      note(`question-${questionId}`, 'AnswerDelivered', { ...data, ...saidOf(job.answer) }, asked);
      return;
    }
    if (job.state !== 'queued' && job.state !== 'running') {
      note(`question-${questionId}`, 'AcceptedQuestionLost', { ...data, state: job.state ?? 'unknown' }, asked);
      return;
    }
  }
}

/** What the answer says of itself, and what its text shows that it is. */
function saidOf({ text, rung, degraded, ageMs, missing }: FullAnswer) {
  return { text, rung, degraded, ageMs, missing };
}

/** A tenant's admin re-indexes; the proxy cuts a request that takes a minute. */
export async function reindexOverHttp(
  app: FastifyInstance,
  tenant: string,
  units: string[],
  note: Note,
): Promise<void> {
  const stream = `reindex-${tenant}`;
  const asked = note(stream, 'ReindexAsked', { tenant, units: units.length });
  const began = Date.now();
  const payload = { units };
  const response = await within(60_000, app.inject({ method: 'POST', url: `/tenants/${tenant}/reindex`, payload }));
  const data = () => ({ tenant, ms: Date.now() - began });
  if (response === HUNG) {
    note(stream, 'ReindexCut', data(), asked);
    return;
  }
  note(stream, 'ReindexAccepted', { ...data(), status: response.statusCode }, asked);
  const url = String(response.headers.location);
  for (;;) {
    const status = (await app.inject({ url })).json<{ state?: string; retryAfterSeconds?: number }>();
    if (status.state !== 'running') {
      note(stream, 'ReindexEnded', { ...data(), state: status.state ?? 'unknown' }, asked);
      return;
    }
    await sleep((status.retryAfterSeconds ?? 5) * 1000);
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | typeof HUNG> {
  return Promise.race([promise, new Promise<typeof HUNG>((resolve) => setTimeout(resolve, ms, HUNG))]);
}
