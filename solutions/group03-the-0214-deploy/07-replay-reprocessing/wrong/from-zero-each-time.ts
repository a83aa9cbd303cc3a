// Keeps nothing: each look and each catching up replays the whole log, ten years of it.
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { CreateProjection, Totals } from '#answerdesk/seams/projection.ts';

interface Model {
  totals: Totals;
  passed: string[];
}

export const createProjection: CreateProjection = ({ log, store, sendMail }, { batch, limitMicros }) => {
  const evolve = ({ totals, passed }: Model, { type, data }: LoggedEvent): Model => {
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
  };

  async function replay(until = Infinity): Promise<{ model: Model; position: number }> {
    let model: Model = { totals: {}, passed: [] };
    let position = -1;
    for (;;) {
      const events = (await log.readAll({ after: position, limit: batch })).filter((event) => event.position <= until);
      if (events.length === 0) return { model, position };
      model = events.reduce(evolve, model);
      position = events.at(-1)?.position ?? position;
    }
  }

  return {
    async catchUp() {
      for (;;) {
        const found = await store.load('told');
        const told = (found?.value ?? []) as string[];
        const { model, position } = await replay();
        const checkpoint = found?.checkpoint ?? -1;
        if (position === checkpoint) return;
        const passed = model.passed.filter((tenant) => !told.includes(tenant));
        for (const tenant of passed) await sendMail(tenant, `limit-${limitMicros}-${tenant}`);
        try {
          return await store.save('told', [...told, ...passed], position, checkpoint);
        } catch (error) {
          if ((error as { code?: string }).code !== 'SLOT_CONFLICT') throw error;
        }
      }
    },
    async rebuild() {},
    totals: async () => (await replay((await store.load('told'))?.checkpoint ?? -1)).model.totals,
  };
};
