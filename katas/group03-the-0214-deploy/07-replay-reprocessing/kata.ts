import { randomUUID } from 'node:crypto';
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { CreateProjection, TenantTotal, Totals } from '#answerdesk/seams/projection.ts';

interface Kept {
  totals: Totals;
  /** Tenants who have been told. */
  told: string[];
}

const SLOT = 'totals';

function add(totals: Totals, { type, data }: LoggedEvent): TenantTotal | undefined {
  const sign = { AnswerBilled: 1, AnswerRefunded: -1 }[type];
  if (sign === undefined) return undefined;
  const { tenant, tokens, micros } = data as { tenant: string; tokens: number; micros: number };
  const total = totals[tenant] ?? { answers: 0, tokens: 0, micros: 0 };
  totals[tenant] = total;
  total.answers += sign;
  total.tokens += sign * tokens;
  total.micros += sign * micros;
  return total;
}

export const createProjection: CreateProjection = ({ log, store, sendMail }, { batch, limitMicros }) => {
  async function load(): Promise<{ kept: Kept; checkpoint: number }> {
    const found = await store.load(SLOT);
    return { kept: (found?.value ?? { totals: {}, told: [] }) as Kept, checkpoint: found?.checkpoint ?? -1 };
  }

  // TODO: several processes may catch up at the same time.
  async function catchUp(): Promise<void> {
    for (;;) {
      const { kept, checkpoint } = await load();
      const events = await log.readAll({ after: checkpoint, limit: batch });
      const last = events.at(-1);
      if (!last) return;

      const passed: string[] = [];
      for (const event of events) {
        const total = add(kept.totals, event);
        const tenant = String(event.data['tenant']);
        if (total && total.micros > limitMicros && !kept.told.includes(tenant)) {
          kept.told.push(tenant);
          passed.push(tenant);
        }
      }
      await store.save(SLOT, kept, last.position, checkpoint);
      // TODO: whenever a process dies, whoever passed the limit is told, and two mails about it are recognised as one.
      for (const tenant of passed) await sendMail(tenant, randomUUID());
    }
  }

  return {
    catchUp,

    // TODO: who looks while the totals are rebuilt sees whole ones, and nobody is told anything again.
    // TODO: a rebuild that dies leaves everything as it was, and can be begun anew.
    async rebuild() {
      await store.drop(SLOT);
      await catchUp();
    },

    async totals() {
      return (await load()).kept.totals;
    },
  };
};
