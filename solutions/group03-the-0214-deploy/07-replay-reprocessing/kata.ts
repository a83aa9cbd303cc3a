import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { CreateProjection, Totals } from '#answerdesk/seams/projection.ts';

interface ReadModel {
  totals: Totals;
  /** Who has passed the limit, in the order in which they did. */
  passed: readonly string[];
}
interface Stand {
  model: ReadModel;
  /** Position of the last event that is in it; -1 for none. */
  checkpoint: number;
}

const nothing: Stand = { model: { totals: {}, passed: [] }, checkpoint: -1 };
const signs: Record<string, 1 | -1> = { AnswerBilled: 1, AnswerRefunded: -1 };

/** Depends on the model and the event, and on nothing else: the same events give the same model at any time. */
function evolve({ totals, passed }: ReadModel, { type, data }: LoggedEvent, limitMicros: number): ReadModel {
  const sign = signs[type];
  if (sign === undefined) return { totals, passed };
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

const other = (slot: string) => (slot === 'blue' ? 'green' : 'blue');

export const createProjection: CreateProjection = ({ log, store, sendMail }, { batch, limitMicros }) => {
  const live = async () => (await store.active()) ?? 'blue';

  async function load(slot: string): Promise<Stand> {
    const found = await store.load(slot);
    return found ? { model: found.value as ReadModel, checkpoint: found.checkpoint } : nothing;
  }

  /** One batch further, not beyond `until`; undefined where there is nothing more. */
  async function advance({ model, checkpoint }: Stand, until = Infinity): Promise<Stand | undefined> {
    const page = await log.readAll({ after: checkpoint, limit: batch });
    const events = page.filter(({ position }) => position <= until);
    const last = events.at(-1);
    if (!last) return undefined;
    const next = events.reduce((folded, event) => evolve(folded, event, limitMicros), model);
    return { model: next, checkpoint: last.position };
  }

  return {
    async catchUp() {
      for (;;) {
        const slot = await live();
        const before = await load(slot);
        const after = await advance(before);
        if (!after) return;
        // Told before it is written down: dying in between, we tell again under the same key; the other way round never.
        for (const tenant of after.model.passed.slice(before.model.passed.length)) {
          await sendMail(tenant, `${tenant} has passed ${limitMicros}`);
        }
        try {
          await store.save(slot, after.model, after.checkpoint, before.checkpoint);
        } catch (error) {
          // Another process was here, or a rebuild has put another slot in this one's place.
          if ((error as { code?: string }).code !== 'SLOT_CONFLICT') throw error;
        }
      }
    },

    async rebuild() {
      const old = await live();
      const fresh = other(old);
      await store.drop(fresh); // of a rebuild that died
      // As far as the old one has come and no further: what follows from later events has not been done yet.
      let stand = nothing;
      for (;;) {
        const { checkpoint: until } = await load(old);
        if (stand.checkpoint >= until) break;
        while (stand.checkpoint < until) stand = (await advance(stand, until)) ?? stand;
      }
      if (stand === nothing) return;
      await store.save(fresh, stand.model, stand.checkpoint, -1);
      await store.activate(fresh);
      await store.drop(old);
    },

    async totals() {
      for (;;) {
        const slot = await live();
        const found = await store.load(slot);
        if (found) return (found.value as ReadModel).totals;
        // Nothing there: either nothing ever was, or the slot has just been replaced.
        if (slot === (await live())) return {};
      }
    },
  };
};
