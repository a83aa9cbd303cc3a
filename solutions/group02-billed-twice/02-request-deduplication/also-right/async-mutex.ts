// Plain promise maps; a mutex for each message that is being handled, and a list of those that were.
import { Mutex } from 'async-mutex';
import type { Answer } from '#answerdesk/domain.ts';
import type { CreateDeduplication } from '#answerdesk/seams/deduplication.ts';

type Call = { promise: Promise<Answer>; abort: AbortController; refs: number };

export const createDeduplication: CreateDeduplication = (ports, policy) => {
  const inFlight: Record<string, Call> = Object.create(null);
  const locks = new Map<string, { mutex: Mutex; users: number }>();
  let handled: { id: string; at: number }[] = [];

  const isKnown = (id: string) => {
    handled = handled.filter(({ at }) => at + policy.windowMs > Date.now());
    return handled.some((one) => one.id === id);
  };

  return {
    async ask(question, options) {
      const signal = options?.signal;
      if (signal?.aborted) throw signal.reason;
      const { tenant, audience = null } = question;
      const key = JSON.stringify({ tenant, audience, what: ports.identityOf(question) });
      const existing = inFlight[key];
      let call: Call;
      if (existing) {
        call = existing;
        ports.emit({ type: 'QuestionCoalesced', data: { questionId: question.id } });
      } else {
        const abort = new AbortController();
        const promise = ports.ask(question, { signal: abort.signal });
        call = { promise, abort, refs: 0 };
        inFlight[key] = call;
        const done = () => {
          if (inFlight[key] === call) delete inFlight[key];
        };
        promise.then(done, done);
      }
      call.refs += 1;

      let onAbort = () => {};
      const left = new Promise<never>((_, reject) => {
        onAbort = () => {
          call.refs -= 1;
          if (call.refs === 0) {
            if (inFlight[key] === call) delete inFlight[key];
            call.abort.abort();
          }
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort);
      });
      try {
        const answer = await Promise.race([call.promise, left]);
        return Object.assign({}, answer, { questionId: question.id });
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },

    async receive(messageId, handle) {
      const lock = locks.get(messageId) ?? { mutex: new Mutex(), users: 0 };
      locks.set(messageId, lock);
      lock.users++;
      try {
        return await lock.mutex.runExclusive(async () => {
          if (isKnown(messageId)) {
            ports.emit({ type: 'MessageDropped', data: { messageId } });
            return 'duplicate' as const;
          }
          await handle();
          handled = [...handled, { id: messageId, at: Date.now() }].slice(-policy.capacity);
          return 'handled' as const;
        });
      } finally {
        if (--lock.users === 0) locks.delete(messageId);
      }
    },
  };
};
