import type { Answer, ProviderFailure, Question } from '#answerdesk/domain.ts';
import type {
  AskedQuestion,
  AskFor,
  CreateDeduplication,
  DeduplicationEvent,
  DeduplicationPolicy,
} from '#answerdesk/seams/deduplication.ts';
import type { Run } from '#kit/suite.ts';

/** What the provider does with one call. */
export interface Plan {
  ms: number;
  status?: number;
  /** It goes on when it is told to stop. */
  stubborn?: boolean;
}
export interface Call {
  n: number;
  question: AskedQuestion;
  at: number;
  endedAt: number;
  stoppedAt?: number;
}
/** One asker. `endedAt` is absent while it waits. */
export interface Asking {
  question: AskedQuestion;
  at: number;
  endedAt?: number;
  answer?: Answer;
  failure?: ProviderFailure;
  /** Resolves when it has ended, however it did. */
  over: Promise<void>;
}
export interface Handling {
  messageId: string;
  at: number;
  endedAt: number;
  failed: boolean;
}
/** One delivery of a message. `endedAt` is absent while the queue waits. */
export interface Delivery {
  messageId: string;
  at: number;
  endedAt?: number;
  said?: 'handled' | 'duplicate';
  failure?: Error;
}

/** A provider, a queue, and what an answer makes of both. Times in milliseconds since the run began. */
export function deduplicationDesk(
  createDeduplication: CreateDeduplication,
  policy: DeduplicationPolicy,
  identityOf: (question: Question) => string,
  textOf: (call: Call) => string,
  { clock }: Run,
  planOf: (question: AskedQuestion, n: number) => Plan,
) {
  const calls: Call[] = [];
  const handlings: Handling[] = [];
  const events: DeduplicationEvent[] = [];
  const provider: AskFor = (question, { signal } = {}) => {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const call: Call = { n: calls.length + 1, question: structuredClone(question), at: clock.now(), endedAt: Infinity };
    calls.push(call);
    const { ms, status, stubborn = false } = planOf(call.question, call.n);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        call.endedAt = clock.now();
        if (status) reject(Object.assign(new Error(`provider: ${status}`), { status }));
        else resolve({ questionId: question.id, text: textOf(call) });
      }, ms);
      const stop = () => {
        call.stoppedAt = clock.now();
        if (stubborn) return;
        clearTimeout(timer);
        call.endedAt = clock.now();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  };
  const emit = (event: DeduplicationEvent) => void events.push(structuredClone(event));
  const deduplication = createDeduplication({ ask: provider, identityOf, emit }, { ...policy });

  const ask = (question: AskedQuestion, signal?: AbortSignal): Asking => {
    const asking: Asking = { question, at: clock.now(), over: Promise.resolve() };
    asking.over = (async () => {
      try {
        asking.answer = await deduplication.ask({ ...question }, ...(signal ? [{ signal }] : []));
      } catch (error) {
        asking.failure = error as ProviderFailure;
      }
      asking.endedAt = clock.now();
    })();
    return asking;
  };
  const deliver = (messageId: string, ms = 0, fails?: string): Delivery => {
    const delivery: Delivery = { messageId, at: clock.now() };
    const handle = async () => {
      const handling: Handling = { messageId, at: clock.now(), endedAt: Infinity, failed: fails !== undefined };
      handlings.push(handling);
      if (ms) await new Promise((resolve) => setTimeout(resolve, ms));
      handling.endedAt = clock.now();
      if (fails !== undefined) throw new Error(fails);
    };
    void (async () => {
      try {
        delivery.said = await deduplication.receive(messageId, handle);
      } catch (error) {
        delivery.failure = error as Error;
      }
      delivery.endedAt = clock.now();
    })();
    return delivery;
  };
  return { ask, deliver, calls, handlings, events };
}
