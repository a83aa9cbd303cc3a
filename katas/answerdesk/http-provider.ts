import type { Ask, ProviderFailure, Question } from './domain.ts';
import type { Message } from './knowledge.ts';
import { type Meter, UNATTRIBUTED } from './metering.ts';

/** The part of `fetch` that Answerdesk uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

interface Completion {
  choices: { message: { content: string } }[];
  usage?: { prompt_tokens: number; completion_tokens: number };
}
interface Embeddings {
  data: { embedding: number[] }[];
}

/** An OpenAI-compatible provider over HTTP, every call metered. Every failure comes out as a `ProviderFailure`. */
export function httpProvider(fetch: Fetch, url: string, meter: Meter) {
  async function post<T>(path: string, body: object, signal?: AbortSignal): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body), ...(signal && { signal }) };
    const response = await fetch(`${url}${path}`, init).catch((error: unknown) => {
      throw unanswered(error, signal);
    });
    if (!response.ok) throw refused(response);
    return (await response.json().catch((error: unknown) => {
      throw unanswered(error, signal);
    })) as T;
  }

  async function chat(question: Question, messages: readonly Message[], signal?: AbortSignal): Promise<string> {
    const body = { model: question.model, messages, metadata: { question: question.id, tenant: question.tenant } };
    meter.sent(question.tenant, question.model);
    const { choices, usage } = await post<Completion>('/v1/chat/completions', body, signal);
    const { prompt_tokens: promptTokens = 0, completion_tokens: completionTokens = 0 } = usage ?? {};
    meter.used(question.tenant, question.model, { promptTokens, completionTokens });
    return choices[0]?.message.content ?? '';
  }

  const ask: Ask = async (question, { signal } = {}) => {
    const text = await chat(question, [{ role: 'user', content: question.text }], signal);
    return { questionId: question.id, text };
  };

  async function embed(model: string, input: string, signal?: AbortSignal): Promise<string> {
    meter.sent(UNATTRIBUTED, model);
    const { data } = await post<Embeddings>('/v1/embeddings', { model, input }, signal);
    return JSON.stringify(data[0]?.embedding ?? []);
  }
  return { ask, chat, embed };
}

function refused(response: Response): ProviderFailure {
  const retryAfter = response.headers.get('retry-after');
  const failure = new Error(`provider answered ${response.status}`);
  return Object.assign(failure, { status: response.status, ...(retryAfter !== null && { retryAfter }) });
}

/** No answer came, or only half of one. An abort keeps its own reason. */
function unanswered(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return Object.assign(new Error('no answer from the provider', { cause: error }), {
    code: code ?? cause?.code ?? 'ECONNRESET',
  });
}
