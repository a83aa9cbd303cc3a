import { randomUUID } from 'node:crypto';
import type { CommandRequest, CreateIdempotency, Reply } from '#answerdesk/seams/idempotency.ts';

/** Keys that support can look up, of the last thousand requests. */
const KEYS_IN_LOG = 1_000;

export const createIdempotency: CreateIdempotency = ({ emit }) => {
  const log: { tenant: string; key: string; status: number }[] = [];

  function refuse({ tenant, key = '' }: CommandRequest, status: number, error: string): Reply {
    emit({ type: 'CommandRefused', data: { tenant, key, status } });
    return { status, body: { error } };
  }

  return {
    async handle(request, work) {
      const { tenant, key } = request;
      // TODO: a key is asked for, and means something, where the same request twice would do two things.
      if (!key) return refuse(request, 400, 'Idempotency-Key is missing');

      // TODO: a command is done once, however often its request comes, at whatever moment, to whichever process; each
      // time its app has the same reply.
      // TODO: a key stands for one command of one tenant, for a time.
      emit({ type: 'CommandClaimed', data: { tenant, key } });
      // TODO: a try that failed, or died, stands in nobody's way, and what it may have done is not done again.
      const { status, body } = await work(randomUUID());

      log.push({ tenant, key, status });
      if (log.length > KEYS_IN_LOG) log.shift();
      return { status, body };
    },
  };
};
