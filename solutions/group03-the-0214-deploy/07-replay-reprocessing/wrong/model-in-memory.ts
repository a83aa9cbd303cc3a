// Keeps the model in the process and loads it once: what another process folds meanwhile is overwritten, or never seen.
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { CreateProjection, Totals } from '#answerdesk/seams/projection.ts';

interface Model {
  totals: Totals;
  passed: string[];
  checkpoint: number;
}

export const createProjection: CreateProjection = ({ log, store, sendMail }, { batch, limitMicros }) => {
  let model: Model | undefined;

  async function loaded(): Promise<Model> {
    const found = await store.load('totals');
    model ??= (found?.value ?? { totals: {}, passed: [], checkpoint: -1 }) as Model;
    return model;
  }

  function fold(into: Model, { type, data, position }: LoggedEvent): string | undefined {
    into.checkpoint = position;
    const sign = type === 'AnswerBilled' ? 1 : type === 'AnswerRefunded' ? -1 : 0;
    if (!sign) return undefined;
    const { tenant, tokens, micros } = data as { tenant: string; tokens: number; micros: number };
    const total = into.totals[tenant] ?? { answers: 0, tokens: 0, micros: 0 };
    into.totals[tenant] = {
      answers: total.answers + sign,
      tokens: total.tokens + sign * tokens,
      micros: total.micros + sign * micros,
    };
    if ((into.totals[tenant]?.micros ?? 0) <= limitMicros || into.passed.includes(tenant)) return undefined;
    into.passed.push(tenant);
    return tenant;
  }

  async function catchUp(): Promise<void> {
    const present = await loaded();
    for (;;) {
      const before = present.checkpoint;
      const events = await log.readAll({ after: before, limit: batch });
      if (events.length === 0) return;
      for (const event of events) {
        const tenant = fold(present, event);
        if (tenant) await sendMail(tenant, `limit-${tenant}`);
      }
      await store.save('totals', present, present.checkpoint, before);
    }
  }

  return {
    catchUp,
    async rebuild() {
      const { checkpoint } = await loaded();
      const fresh: Model = { totals: {}, passed: [], checkpoint: -1 };
      while (fresh.checkpoint < checkpoint) {
        for (const event of await log.readAll({ after: fresh.checkpoint, limit: batch })) fold(fresh, event);
      }
      await store.save('totals', fresh, fresh.checkpoint, checkpoint);
      model = fresh;
    },
    totals: async () => structuredClone((await loaded()).totals),
  };
};
