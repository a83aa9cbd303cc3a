// Mutes the mail with a flag while a rebuild is under way: what is caught up with meanwhile, in the same process, tells nobody.
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { CreateProjection, Totals } from '#answerdesk/seams/projection.ts';

interface Model {
  totals: Totals;
  passed: string[];
}

let replaying = false;

export const createProjection: CreateProjection = ({ log, store, sendMail }, { batch, limitMicros }) => {
  function evolve({ totals, passed }: Model, { type, data }: LoggedEvent): Model {
    const sign = type === 'AnswerBilled' ? 1 : type === 'AnswerRefunded' ? -1 : 0;
    if (!sign) return { totals, passed };
    const { tenant, tokens, micros } = data as { tenant: string; tokens: number; micros: number };
    const before = totals[tenant] ?? { answers: 0, tokens: 0, micros: 0 };
    const total = {
      answers: before.answers + sign,
      tokens: before.tokens + sign * tokens,
      micros: before.micros + sign * micros,
    };
    const passes = total.micros > limitMicros && !passed.includes(tenant);
    return { totals: { ...totals, [tenant]: total }, passed: passes ? [...passed, tenant] : passed };
  }

  /** Folds one page onto the slot; false where there was none. */
  async function step(slot: string, until: number): Promise<boolean> {
    const found = await store.load(slot);
    const model = (found?.value ?? { totals: {}, passed: [] }) as Model;
    const checkpoint = found?.checkpoint ?? -1;
    const page = await log.readAll({ after: checkpoint, limit: batch });
    const events = page.filter(({ position }) => position <= until);
    const last = events.at(-1);
    if (!last) return false;
    const next = events.reduce(evolve, model);
    for (const tenant of next.passed.slice(model.passed.length)) {
      if (!replaying) await sendMail(tenant, `${tenant} > ${limitMicros}`);
    }
    try {
      await store.save(slot, next, last.position, checkpoint);
    } catch (error) {
      if ((error as { code?: string }).code !== 'SLOT_CONFLICT') throw error;
    }
    return true;
  }

  const live = async () => (await store.active()) ?? 'a';
  return {
    async catchUp() {
      while (await step(await live(), Infinity));
    },
    async rebuild() {
      const old = await live();
      const fresh = old === 'a' ? 'b' : 'a';
      await store.drop(fresh);
      replaying = true;
      try {
        for (;;) {
          const until = (await store.load(old))?.checkpoint ?? -1;
          if (((await store.load(fresh))?.checkpoint ?? -1) >= until) break;
          while (await step(fresh, until));
        }
      } finally {
        replaying = false;
      }
      await store.activate(fresh);
      await store.drop(old);
    },
    async totals() {
      for (;;) {
        const slot = await live();
        const found = await store.load(slot);
        if (found) return (found.value as Model).totals;
        if (slot === (await live())) return {};
      }
    },
  };
};
