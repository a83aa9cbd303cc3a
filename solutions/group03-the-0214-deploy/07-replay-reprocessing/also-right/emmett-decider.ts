// An emmett decider: the log's event is a command, what it means for totals and limit are the events that evolve the state.
import { type Command, command, type Decider, type Event, event } from '@event-driven-io/emmett';
import type { LoggedEvent } from '#answerdesk/event-log.ts';
import type { CreateProjection, Totals } from '#answerdesk/seams/projection.ts';

type Amount = { tenant: string; answers: number; tokens: number; micros: number };
type Take = Command<'Take', Amount & { limitMicros: number }>;
type TotalChanged = Event<'TotalChanged', Amount>;
type LimitPassed = Event<'LimitPassed', { tenant: string }>;
type Happened = TotalChanged | LimitPassed;
interface Billing {
  totals: Totals;
  passed: string[];
}

const zero = { answers: 0, tokens: 0, micros: 0 };

const billing: Decider<Billing, Take, Happened> = {
  initialState: () => ({ totals: {}, passed: [] }),
  decide: ({ data: { limitMicros, ...amount } }, { totals, passed }) => {
    const changed = event<TotalChanged>('TotalChanged', amount);
    const above = (totals[amount.tenant]?.micros ?? 0) + amount.micros > limitMicros;
    if (!above || passed.includes(amount.tenant)) return [changed];
    return [changed, event<LimitPassed>('LimitPassed', { tenant: amount.tenant })];
  },
  evolve: ({ totals, passed }, { type, data }) => {
    switch (type) {
      case 'TotalChanged': {
        const { tenant, answers, tokens, micros } = data;
        const before = totals[tenant] ?? zero;
        const after = {
          answers: before.answers + answers,
          tokens: before.tokens + tokens,
          micros: before.micros + micros,
        };
        return { totals: { ...totals, [tenant]: after }, passed };
      }
      case 'LimitPassed':
        return { totals, passed: [...passed, data.tenant] };
    }
  },
};

function commandsOf({ type, data }: LoggedEvent, limitMicros: number): Take[] {
  const sign = { AnswerBilled: 1, AnswerRefunded: -1 }[type];
  if (!sign) return [];
  const { tenant, tokens, micros } = data as { tenant: string; tokens: number; micros: number };
  return [command<Take>('Take', { tenant, answers: sign, tokens: sign * tokens, micros: sign * micros, limitMicros })];
}

/** The state after these, and all that happened on the way. */
function run(state: Billing, commands: readonly Take[]): { state: Billing; happened: Happened[] } {
  const happened: Happened[] = [];
  for (const each of commands) {
    const events = [billing.decide(each, state)].flat();
    state = events.reduce(billing.evolve, state);
    happened.push(...events);
  }
  return { state, happened };
}

export const createProjection: CreateProjection = ({ log, store, sendMail }, { batch, limitMicros }) => {
  const current = async () => (await store.active()) ?? 'even';
  const stateIn = (found: { value: unknown } | undefined) =>
    (found?.value as Billing | undefined) ?? billing.initialState();

  /** Saves over nobody; false where somebody was faster. */
  const save = (...args: Parameters<typeof store.save>) =>
    store.save(...args).then(
      () => true,
      (error: { code?: string }) => {
        if (error.code === 'SLOT_CONFLICT') return false;
        throw error;
      },
    );

  return {
    async catchUp() {
      for (let more = true; more; ) {
        const slot = await current();
        const found = await store.load(slot);
        const at = found?.checkpoint ?? -1;
        const page = await log.readAll({ after: at, limit: batch });
        more = page.length > 0;
        if (!more) break;
        const { state, happened } = run(
          stateIn(found),
          page.flatMap((each) => commandsOf(each, limitMicros)),
        );
        for (const { type, data } of happened) {
          if (type === 'LimitPassed') await sendMail(data.tenant, JSON.stringify(['limit', limitMicros, data.tenant]));
        }
        await save(slot, state, page.at(-1)?.position ?? at, at);
      }
    },

    async rebuild() {
      const from = await current();
      const to = from === 'even' ? 'odd' : 'even';
      await store.drop(to);
      let state = billing.initialState();
      let at = -1;
      for (let goal = (await store.load(from))?.checkpoint ?? -1; at < goal; ) {
        const page = (await log.readAll({ after: at, limit: batch })).filter(({ position }) => position <= goal);
        state = run(
          state,
          page.flatMap((each) => commandsOf(each, limitMicros)),
        ).state;
        at = page.at(-1)?.position ?? at;
        if (at >= goal) goal = (await store.load(from))?.checkpoint ?? goal;
      }
      if (!(await save(to, state, at, -1))) throw new Error('another rebuild is under way');
      await store.activate(to);
      await store.drop(from);
    },

    async totals() {
      const slot = await current();
      const found = await store.load(slot);
      // A slot that vanished was replaced: look where readers look now.
      return found ? stateIn(found).totals : stateIn(await store.load(await current())).totals;
    },
  };
};
