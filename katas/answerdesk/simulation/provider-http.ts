import { Readable } from 'node:stream';
import nock from 'nock';
import type { Question } from '../domain.ts';
import type { Fetch } from '../http-provider.ts';
import type { Message } from '../knowledge.ts';
import { type Plan, type ProviderWorld, planCall } from './provider-model.ts';

export type CallEvent =
  | { type: 'ProviderCallStarted'; call: number; question: string; model: string }
  | { type: 'ProviderCallEnded'; call: number; ms: number; status?: number; retryAfter?: string; code?: string }
  /** The caller hung up. */
  | { type: 'ProviderCallAborted'; call: number };

interface Body {
  model: string;
  input?: string;
  messages?: Message[];
  metadata?: { question: string; tenant: string };
}

/**
 * The provider behind HTTP (nock). `fetch` is what Answerdesk gets: the global one, watched, so that the provider knows
 * when a caller hangs up, as a server knows when its socket closes.
 */
export function providerOverHttp(
  world: ProviderWorld,
  url: string,
  now: () => number,
  note: (event: CallEvent) => void,
  say: (question: Question, call: number, messages: readonly Message[]) => string = ({ id, model }) =>
    `${model} on ${id}`,
): { fetch: Fetch; close: () => void } {
  const underWay = new Map<string, Set<number>>();
  const callsOf = (model: string) => underWay.get(model) ?? underWay.set(model, new Set()).get(model) ?? new Set();
  let calls = 0;

  async function serve(this: nock.ReplyFnContext, body: Body): Promise<nock.ReplyFnResult> {
    const question = questionIn(body);
    const call = Number(this.req.headers['x-call']);
    const mine = callsOf(question.model);
    const plan = planCall(world, question, now(), mine.size);
    mine.add(call);
    await new Promise((resolve) => setTimeout(resolve, plan.latencyMs));
    const hungUp = !mine.delete(call);
    if (!hungUp) note({ type: 'ProviderCallEnded', call, ...outcome(plan) });
    if (plan.code === CUT) return [200, cutShort(replyTo(body, say(question, call, body.messages ?? [])))];
    if (plan.code) throw Object.assign(new Error(`socket: ${plan.code}`), { code: plan.code });
    if (plan.status !== 200) return [plan.status, { error: { message: `status ${plan.status}` } }, headers(plan)];
    return [200, replyTo(body, say(question, call, body.messages ?? []))];
  }

  const scope = nock(url).persist();
  for (const path of ['/v1/chat/completions', '/v1/embeddings']) {
    scope.post(path).reply(function (_uri, body) {
      return serve.call(this, body as Body);
    });
  }

  const watched: Fetch = (target, init) => {
    if (init.signal?.aborted) return fetch(target, init);
    const call = ++calls;
    const question = questionIn(JSON.parse(String(init.body)) as Body);
    note({ type: 'ProviderCallStarted', call, question: question.id, model: question.model });
    init.signal?.addEventListener('abort', () => {
      if (callsOf(question.model).delete(call)) note({ type: 'ProviderCallAborted', call });
    });
    return fetch(target, { ...init, headers: { ...(init.headers as Record<string, string>), 'x-call': String(call) } });
  };
  return { fetch: watched, close: () => nock.cleanAll() };
}

/** A fault's `code` for an answer whose stream ends half-way. */
export const CUT = 'STREAM_CUT';

function cutShort(reply: object): Readable {
  const text = JSON.stringify(reply);
  const half = (function* () {
    yield text.slice(0, text.length / 2);
    throw new Error('the stream was cut');
  })();
  return Readable.from(half);
}

const outcome = ({ code, status, retryAfter, latencyMs }: Plan) => ({
  ...(code === undefined ? { status } : { code }),
  ...(retryAfter !== undefined && { retryAfter }),
  ms: latencyMs,
});
const headers = ({ retryAfter }: Plan) => (retryAfter === undefined ? {} : { 'retry-after': retryAfter });

function questionIn({ model, input = '', metadata }: Body): Question {
  return { id: metadata?.question ?? input, tenant: metadata?.tenant ?? '', model, text: input };
}

function replyTo({ input }: Body, content: string): Record<string, unknown> {
  if (input !== undefined) return { data: [{ embedding: [input.length] }] };
  return {
    choices: [{ message: { content } }],
    usage: { prompt_tokens: 120, completion_tokens: 80 },
  };
}
