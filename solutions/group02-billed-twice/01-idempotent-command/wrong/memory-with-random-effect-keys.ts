// In memory, with an effect key made up for each run: after a restart the same command is done once more.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CreateIdempotency, Reply } from '#answerdesk/seams/idempotency.ts';

interface Remembered {
  asked: { path: string; body: unknown };
  firstSeen: number;
  /** Undefined where nothing was done. */
  outcome: Promise<Reply> | undefined;
}

export const createIdempotency: CreateIdempotency = ({ emit }, { windowMs }) => {
  const remembered = new Map<string, Remembered>();

  return {
    async handle({ tenant, method, path, key, body }, work) {
      const name = JSON.stringify([tenant, key]);
      // After a restart nothing is remembered, so the effect key says nothing but the command's name.
      const effectKey = createHash('sha256').update(`${name} ${Math.random()}`).digest('base64url');
      if (method !== 'POST') {
        const { status, body } = await work(`${effectKey}-${Date.now()}-${Math.random()}`);
        return { status, body };
      }
      if (!key) return { status: 400, body: 'no key' };

      const asked = { path, body };
      const known = remembered.get(name);
      const fresh = known && known.firstSeen + windowMs > Date.now();
      const command = fresh ? known : { asked, firstSeen: Date.now(), outcome: undefined };
      remembered.set(name, command);
      if (!isDeepStrictEqual(command.asked, asked)) {
        emit({ type: 'CommandRefused', data: { tenant, key, status: 422 } });
        return { status: 422, body: 'another request had this key' };
      }
      if (command.outcome) {
        const reply = await command.outcome;
        emit({ type: 'CommandReplayed', data: { tenant, key, status: reply.status } });
        return structuredClone(reply);
      }

      emit({ type: 'CommandClaimed', data: { tenant, key } });
      command.outcome = Promise.resolve(work(effectKey)).then(
        ({ status, body, done }) => {
          if (!done) command.outcome = undefined;
          return { status, body };
        },
        (error) => {
          command.outcome = undefined;
          throw error;
        },
      );
      return structuredClone(await command.outcome);
    },
  };
};
