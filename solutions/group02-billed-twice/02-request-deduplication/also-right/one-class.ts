// A class; askers leave through a listener that a signal removes; claims first, refuses what comes while its first one is handled.
import type { Answer, CallOptions } from '#answerdesk/domain.ts';
import type {
  AskedQuestion,
  CreateDeduplication,
  Deduplication,
  DeduplicationPolicy,
  DeduplicationPorts,
} from '#answerdesk/seams/deduplication.ts';

class SharedCall {
  #leavers = new AbortController();
  #askers = 0;
  readonly answer: Promise<Answer>;
  over = false;

  constructor(ask: (signal: AbortSignal) => Promise<Answer>) {
    this.answer = ask(this.#leavers.signal).finally(() => {
      this.over = true;
    });
    this.answer.catch(() => {});
  }

  async join(signal?: AbortSignal): Promise<Answer> {
    this.#askers++;
    if (!signal) return this.answer;
    const done = new AbortController();
    const left = new Promise<never>((_, reject) => {
      const leave = () => {
        if (--this.#askers === 0) {
          this.over = true;
          this.#leavers.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { signal: done.signal });
    });
    return Promise.race([this.answer, left]).finally(() => done.abort());
  }
}

class Desk implements Deduplication {
  readonly #ports: DeduplicationPorts;
  readonly #policy: DeduplicationPolicy;
  readonly #shared = new Map<string, SharedCall>();
  readonly #messages = new Map<string, { handledAt?: number }>();

  constructor(ports: DeduplicationPorts, policy: DeduplicationPolicy) {
    this.#ports = ports;
    this.#policy = policy;
  }

  ask = async (question: AskedQuestion, { signal }: CallOptions = {}): Promise<Answer> => {
    signal?.throwIfAborted();
    const key = [question.tenant, question.audience ?? '', this.#ports.identityOf(question)].join('\n');
    let shared = this.#shared.get(key);
    if (shared && !shared.over) {
      this.#ports.emit({ type: 'QuestionCoalesced', data: { questionId: question.id } });
    } else {
      shared = new SharedCall((stop) => this.#ports.ask(question, { signal: stop }));
      this.#shared.set(key, shared);
    }
    try {
      const answer = await shared.join(signal);
      return { ...structuredClone(answer), questionId: question.id };
    } finally {
      if (shared.over && this.#shared.get(key) === shared) this.#shared.delete(key);
    }
  };

  receive = async (messageId: string, handle: () => Promise<void>): Promise<'handled' | 'duplicate'> => {
    this.#forget();
    const known = this.#messages.get(messageId);
    if (known?.handledAt !== undefined) {
      this.#ports.emit({ type: 'MessageDropped', data: { messageId } });
      return 'duplicate';
    }
    if (known) throw new Error(`${messageId} is being handled: bring it again`);
    this.#messages.set(messageId, {});
    try {
      await handle();
    } catch (error) {
      this.#messages.delete(messageId);
      throw error;
    }
    this.#messages.delete(messageId);
    this.#messages.set(messageId, { handledAt: Date.now() });
    this.#forget();
    return 'handled';
  };

  #forget(): void {
    const known = [...this.#messages].filter(([, { handledAt }]) => handledAt !== undefined);
    const tooMany = known.length - this.#policy.capacity;
    for (const [n, [messageId, { handledAt = 0 }]] of known.entries()) {
      if (n < tooMany || Date.now() - handledAt >= this.#policy.windowMs) this.#messages.delete(messageId);
    }
  }
}

export const createDeduplication: CreateDeduplication = (ports, policy) => new Desk(ports, policy);
