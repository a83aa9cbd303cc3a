// Passes the first asker's signal on to the shared call: when the first one leaves, all the others lose their answer.
import type { Answer, CallOptions } from '#answerdesk/domain.ts';
import type {
  AskedQuestion,
  CreateDeduplication,
  DeduplicationPolicy,
  DeduplicationPorts,
} from '#answerdesk/seams/deduplication.ts';

interface SharedCall {
  answer: Promise<Answer>;
  stop: AbortController;
  askers: number;
}

export const createDeduplication: CreateDeduplication = (ports, policy) => ({
  ask: sharing(ports),
  receive: receiving(ports, policy),
});

function sharing({ ask, identityOf, emit }: DeduplicationPorts) {
  const calls = new Map<string, SharedCall>();

  // The same words on another tenant's key, or for other eyes, have another answer.
  const keyOf = (question: AskedQuestion) => JSON.stringify([question.tenant, question.audience, identityOf(question)]);

  function forget(key: string, call: SharedCall): void {
    if (calls.get(key) === call) calls.delete(key);
  }

  function begin(key: string, question: AskedQuestion, signal?: AbortSignal): SharedCall {
    const stop = new AbortController();
    const answer = ask(question, signal ? { signal } : {});
    const call = { answer, stop, askers: 0 };
    calls.set(key, call);
    const over = () => forget(key, call);
    answer.then(over, over);
    return call;
  }

  return async (question: AskedQuestion, { signal }: CallOptions = {}): Promise<Answer> => {
    signal?.throwIfAborted();
    const key = keyOf(question);
    const joined = calls.get(key);
    if (joined) emit({ type: 'QuestionCoalesced', data: { questionId: question.id } });
    const call = joined ?? begin(key, question, signal);
    call.askers++;
    const leave = () => {
      if (--call.askers > 0) return;
      forget(key, call);
      call.stop.abort(signal?.reason);
    };
    return { ...(await unlessLeft(call.answer, signal, leave)), questionId: question.id };
  };
}

/** As the promise, or rejects with the signal's reason as soon as it aborts. */
function unlessLeft<T>(promise: Promise<T>, signal: AbortSignal | undefined, left: () => void): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason);
      left();
    };
    signal.addEventListener('abort', leave);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function receiving({ emit }: DeduplicationPorts, { windowMs, capacity }: DeduplicationPolicy) {
  const underWay = new Map<string, Promise<void>>();
  /** When each was handled, oldest first. */
  const handled = new Map<string, number>();

  function remember(messageId: string): void {
    handled.delete(messageId);
    handled.set(messageId, Date.now());
    const [oldest = messageId] = handled.keys();
    if (handled.size > capacity) handled.delete(oldest);
  }

  function wasHandled(messageId: string): boolean {
    const at = handled.get(messageId);
    return at !== undefined && Date.now() - at < windowMs;
  }

  function once(messageId: string, handle: () => Promise<void>): Promise<void> {
    const handling = Promise.resolve()
      .then(handle)
      .then(() => remember(messageId))
      .finally(() => underWay.delete(messageId));
    underWay.set(messageId, handling);
    return handling;
  }

  return async (messageId: string, handle: () => Promise<void>): Promise<'handled' | 'duplicate'> => {
    const first = underWay.get(messageId);
    if (first) {
      // Acknowledged any sooner, the message would be lost if the first one fails.
      await first;
    } else if (!wasHandled(messageId)) {
      await once(messageId, handle);
      return 'handled';
    }
    emit({ type: 'MessageDropped', data: { messageId } });
    return 'duplicate';
  };
}
