import { HarnessError } from '../../kernel/harness-error.ts';

/** An OpenAI-compatible provider. `url` ends before `/chat/completions`. */
export interface LiveModel {
  key: string;
  url: string;
  name: string;
}

const WITHIN_MS = 60_000;

/** Sends messages, resolves to the reply's text. Throws PROVIDER_FAILED with what the provider said. */
export function chatOverHttp({ key, url, name }: LiveModel, cancelled: AbortSignal) {
  return async (messages: readonly { role: string; content: string }[]): Promise<string> => {
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: name, messages, temperature: 0 }),
      signal: AbortSignal.any([cancelled, AbortSignal.timeout(WITHIN_MS)]),
    }).catch((error: unknown) => {
      cancelled.throwIfAborted();
      throw failed(url, reasonOf(error), error);
    });
    const text = await response.text();
    if (!response.ok) throw failed(url, `${response.status} ${text.replace(/\s+/g, ' ').slice(0, 160)}`);
    return contentOf(text) ?? Promise.reject(failed(url, 'its reply holds no choices[0].message.content'));
  };
}

const failed = (url: string, why: string, cause?: unknown) =>
  new HarnessError('PROVIDER_FAILED', `${url}: ${why}; see OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL.`, {
    cause,
  });

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}

function contentOf(text: string): string | undefined {
  try {
    const reply = JSON.parse(text) as { choices?: { message?: { content?: string } }[] };
    return reply.choices?.[0]?.message?.content;
  } catch {
    return undefined;
  }
}
