// On async-mutex: its mutex says whose turn it is, a race with the expiry ends a turn that lasts too long.
import { Mutex } from 'async-mutex';
import type { AnswerConfig, CreateSingletons } from '#answerdesk/seams/singletons.ts';

export const createSingletons: CreateSingletons = ({ load, emit }) => {
  let loading = new Mutex();
  let locks = new Map<string, Mutex>();
  const tokens = new Map<string, number>();
  let config: AnswerConfig | undefined;
  let first: Promise<AnswerConfig> | undefined;

  /** One load at a time: the next one begins when this one is over, so what comes last is the newest. */
  const loadIn = (mutex: Mutex, unless: () => AnswerConfig | undefined) =>
    mutex.runExclusive(async () => {
      const there = unless();
      if (there) return { ...there };
      try {
        const loaded = { ...(await load()) };
        if (mutex === loading) {
          config = loaded;
          emit({ type: 'ConfigLoaded', data: { version: loaded.version } });
        }
        return { ...loaded };
      } catch (error) {
        emit({ type: 'ConfigLoadFailed', data: {} });
        throw error;
      }
    });

  return {
    async config() {
      if (config) return { ...config };
      // Who waits for the first one shares what becomes of it.
      const mine = (first ??= loadIn(loading, () => config).finally(() => {
        if (first === mine) first = undefined;
      }));
      return { ...(await mine) };
    },
    reload: () => loadIn(loading, () => undefined),
    async withLock(name, expiresMs, work) {
      const mutex = locks.get(name) ?? new Mutex();
      locks.set(name, mutex);
      const release = await mutex.acquire();
      if (locks.get(name) !== mutex) {
        release();
        return this.withLock(name, expiresMs, work);
      }
      const token = (tokens.get(name) ?? 0) + 1;
      tokens.set(name, token);
      let held = true;
      const end = () => {
        if (held) release();
        held = false;
      };
      const timer = setTimeout(() => {
        emit({ type: 'LockExpired', data: { lock: name } });
        end();
      }, expiresMs);
      try {
        return await work({ token, held: () => held && locks.get(name) === mutex });
      } finally {
        clearTimeout(timer);
        end();
      }
    },
    reset() {
      config = undefined;
      first = undefined;
      loading = new Mutex();
      locks = new Map();
    },
  };
};
