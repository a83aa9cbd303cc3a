import type { AnswerConfig, CreateSingletons } from '#answerdesk/seams/singletons.ts';

export const createSingletons: CreateSingletons = ({ load, emit }) => {
  let current: AnswerConfig | undefined;
  const locked = new Set<string>();
  let tokens = 0;

  // TODO: one process has one configuration, however many ask for it, and nobody waits for a new one while there is an old one.
  async function config(): Promise<AnswerConfig> {
    if (!current) {
      const loaded = await load();
      emit({ type: 'ConfigLoaded', data: { version: loaded.version } });
      current = loaded;
    }
    // A free tenant's request may set a smaller model on it.
    return current;
  }

  return {
    config,

    reload() {
      current = undefined;
      return config();
    },

    // TODO: a holder that never comes back keeps nobody out for ever, and what it does later harms nobody.
    async withLock(name, _expiresMs, work) {
      while (locked.has(name)) await new Promise((resolve) => setTimeout(resolve, 20));
      locked.add(name);
      const result = await work({ token: ++tokens, held: () => locked.has(name) });
      locked.delete(name);
      return result;
    },

    reset() {
      current = undefined;
      locked.clear();
    },
  };
};
